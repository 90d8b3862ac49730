#pragma once
// libcurl's functions are defined in CCurl.c.
#define CURL_STATICLIB
#include <curl/curl.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

typedef enum {
  fedbroker_curl_usable,
  fedbroker_curl_missing,
  fedbroker_curl_too_old,
} fedbroker_curl_status;

// Loads libcurl.so.4 and keeps it: required before any function of libcurl is called. Where it cannot be used, `detail`
// gets the dynamic linker's reason or the version found. For one thread at a time, and for one success.
fedbroker_curl_status fedbroker_load_curl(char *detail, size_t size);

// Returns whether fedbroker_load_curl would succeed, and leaves nothing loaded.
fedbroker_curl_status fedbroker_check_curl(char *detail, size_t size);

// curl_easy_setopt and curl_easy_getinfo are variadic, which Swift cannot call: one typed form for each kind of value.
static inline CURLcode fedbroker_setLong(CURL *easy, CURLoption option, long value) {
  return curl_easy_setopt(easy, option, value);
}

static inline CURLcode fedbroker_setPointer(CURL *easy, CURLoption option, const void *value) {
  return curl_easy_setopt(easy, option, value);
}

static inline CURLcode fedbroker_setReceiver(CURL *easy, CURLoption option,
                                             size_t (*receive)(char *, size_t, size_t, void *)) {
  return curl_easy_setopt(easy, option, receive);
}

static inline CURLcode fedbroker_setBeforeRequest(CURL *easy, int (*call)(void *, char *, char *, int, int)) {
  return curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, call);
}

static inline CURLcode fedbroker_getStatus(CURL *easy, long *status) {
  return curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, status);
}

// The errno of the last connect(2) that failed; 0 for none.
static inline CURLcode fedbroker_getSystemError(CURL *easy, long *number) {
  return curl_easy_getinfo(easy, CURLINFO_OS_ERRNO, number);
}

// The status with which a proxy answered CONNECT; 0 for none.
static inline CURLcode fedbroker_getTunnelStatus(CURL *easy, long *status) {
  return curl_easy_getinfo(easy, CURLINFO_HTTP_CONNECTCODE, status);
}

// The socket of a connection that stands (CURLOPT_CONNECT_ONLY).
static inline CURLcode fedbroker_getSocket(CURL *easy, curl_socket_t *socket) {
  return curl_easy_getinfo(easy, CURLINFO_ACTIVESOCKET, socket);
}

// Who issued the server's certificate, in libcurl's words; NULL where CURLOPT_CERTINFO was not set, or found none. libcurl's
// own, until the handle is used again.
static inline const char *fedbroker_getIssuer(CURL *easy) {
  struct curl_certinfo *information = NULL;
  if (curl_easy_getinfo(easy, CURLINFO_CERTINFO, &information) != CURLE_OK || !information) return NULL;
  if (information->num_of_certs < 1) return NULL;
  for (struct curl_slist *line = information->certinfo[0]; line; line = line->next)
    if (!strncmp(line->data, "Issuer:", 7)) return line->data + 7;
  return NULL;
}

// libcurl keeps copies of header fields and of the response in its own buffers, and has no option to wipe them: so each
// block that it gives back is wiped.
static inline void fedbroker_wipingFree(void *block) {
  if (block) explicit_bzero(block, malloc_usable_size(block));
  free(block);
}

static inline void *fedbroker_wipingRealloc(void *block, size_t size) {
  if (!block) return malloc(size);
  size_t held = malloc_usable_size(block);
  void *larger = malloc(size);
  if (!larger) return NULL;
  memcpy(larger, block, held < size ? held : size);
  fedbroker_wipingFree(block);
  return larger;
}

// Before any other call of libcurl.
static inline CURLcode fedbroker_initialize(void) {
  return curl_global_init_mem(CURL_GLOBAL_DEFAULT, malloc, fedbroker_wipingFree, fedbroker_wipingRealloc, strdup,
                              calloc);
}
