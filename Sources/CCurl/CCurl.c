// The functions of libcurl that are used here, forwarded to a library that is loaded when the first of them is needed: a
// program that is linked with libcurl loads it and its thirty libraries at each start, which takes longer than all else
// that a command does.
#include "CCurl.h"
#include <dlfcn.h>
#include <stdarg.h>
#include <stdio.h>

// The ABI of libcurl since 2006; the package's name differs between distributions.
static const char library[] = "libcurl.so.4";

// 7.87, the first that knows every option that is set (CURLOPT_QUICK_EXIT).
static const unsigned oldest = 0x075700;

#define EACH_FUNCTION(function)                                                                                        \
  function(curl_easy_cleanup) function(curl_easy_getinfo) function(curl_easy_init) function(curl_easy_recv) function(curl_easy_send) \
  function(curl_easy_setopt) function(curl_easy_strerror) function(curl_global_init_mem) function(curl_multi_add_handle)                          \
  function(curl_multi_cleanup) function(curl_multi_info_read) function(curl_multi_init) function(curl_multi_perform)   \
  function(curl_multi_poll) function(curl_multi_remove_handle) function(curl_multi_wakeup) function(curl_slist_append) \
  function(curl_slist_free_all)

#define DECLARE(name) __typeof__(&name) name;
static struct { EACH_FUNCTION(DECLARE) } loaded;

// libcurl itself must call its own.
#define HIDE(name) extern __typeof__(name) name __attribute__((visibility("hidden")));
EACH_FUNCTION(HIDE)

static fedbroker_curl_status open_curl(void **handle, char *detail, size_t size) {
  *handle = dlopen(library, RTLD_NOW | RTLD_LOCAL);
  __typeof__(&curl_version_info) version_info = *handle ? dlsym(*handle, "curl_version_info") : NULL;
  if (!version_info) {
    snprintf(detail, size, "%s", dlerror());
    return fedbroker_curl_missing;
  }
  const curl_version_info_data *version = version_info(CURLVERSION_FIRST);
  if (version->version_num >= oldest) return fedbroker_curl_usable;
  snprintf(detail, size, "%s", version->version);
  return fedbroker_curl_too_old;
}

fedbroker_curl_status fedbroker_check_curl(char *detail, size_t size) {
  void *handle;
  fedbroker_curl_status status = open_curl(&handle, detail, size);
  if (handle) dlclose(handle);
  return status;
}

fedbroker_curl_status fedbroker_load_curl(char *detail, size_t size) {
  void *handle;
  fedbroker_curl_status status = open_curl(&handle, detail, size);
#define FIND(name)                                                  \
  if (status == fedbroker_curl_usable && !(loaded.name = dlsym(handle, #name))) { \
    snprintf(detail, size, "%s", dlerror());                        \
    status = fedbroker_curl_missing;                                \
  }
  EACH_FUNCTION(FIND)
  if (status != fedbroker_curl_usable && handle) dlclose(handle);
  return status;
}

// Each option and each piece of information takes one argument, as wide as a pointer on every system that Swift supports.
CURLcode(curl_easy_setopt)(CURL *easy, CURLoption option, ...) {
  va_list arguments;
  va_start(arguments, option);
  CURLcode code = (loaded.curl_easy_setopt)(easy, option, va_arg(arguments, void *));
  va_end(arguments);
  return code;
}

CURLcode(curl_easy_getinfo)(CURL *easy, CURLINFO info, ...) {
  va_list arguments;
  va_start(arguments, info);
  CURLcode code = (loaded.curl_easy_getinfo)(easy, info, va_arg(arguments, void *));
  va_end(arguments);
  return code;
}

void curl_easy_cleanup(CURL *easy) { loaded.curl_easy_cleanup(easy); }

CURL *curl_easy_init(void) { return loaded.curl_easy_init(); }

CURLcode curl_easy_recv(CURL *easy, void *buffer, size_t size, size_t *count) {
  return loaded.curl_easy_recv(easy, buffer, size, count);
}

CURLcode curl_easy_send(CURL *easy, const void *bytes, size_t size, size_t *count) {
  return loaded.curl_easy_send(easy, bytes, size, count);
}

const char *curl_easy_strerror(CURLcode code) { return loaded.curl_easy_strerror(code); }

CURLcode curl_global_init_mem(long flags, curl_malloc_callback allocate, curl_free_callback release,
                              curl_realloc_callback resize, curl_strdup_callback duplicate,
                              curl_calloc_callback allocate_zeroed) {
  return loaded.curl_global_init_mem(flags, allocate, release, resize, duplicate, allocate_zeroed);
}

CURLMcode curl_multi_add_handle(CURLM *multi, CURL *easy) { return loaded.curl_multi_add_handle(multi, easy); }

CURLMcode curl_multi_cleanup(CURLM *multi) { return loaded.curl_multi_cleanup(multi); }

CURLMsg *curl_multi_info_read(CURLM *multi, int *remaining) { return loaded.curl_multi_info_read(multi, remaining); }

CURLM *curl_multi_init(void) { return loaded.curl_multi_init(); }

CURLMcode curl_multi_perform(CURLM *multi, int *running) { return loaded.curl_multi_perform(multi, running); }

CURLMcode curl_multi_poll(CURLM *multi, struct curl_waitfd *extra, unsigned extra_count, int timeout, int *count) {
  return loaded.curl_multi_poll(multi, extra, extra_count, timeout, count);
}

CURLMcode curl_multi_remove_handle(CURLM *multi, CURL *easy) { return loaded.curl_multi_remove_handle(multi, easy); }

CURLMcode curl_multi_wakeup(CURLM *multi) { return loaded.curl_multi_wakeup(multi); }

struct curl_slist *curl_slist_append(struct curl_slist *list, const char *text) {
  return loaded.curl_slist_append(list, text);
}

void curl_slist_free_all(struct curl_slist *list) { loaded.curl_slist_free_all(list); }
