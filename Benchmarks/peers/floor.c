// The least that a server can do: receives what has arrived, and sends the same bytes. It parses nothing, and takes each
// read for one request, so that requests that come together get one answer.
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

static void wait_for(int epoll, int descriptor) {
  struct epoll_event event = {.events = EPOLLIN, .data.fd = descriptor};
  epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event);
}

int main(int count, char **arguments) {
  if (count != 3) return 64;
  static char body[65536], answer[66000], request[16384];
  FILE *file = fopen(arguments[2], "r");
  size_t length = file ? fread(body, 1, sizeof body, file) : 0;
  int size = snprintf(answer, sizeof answer,
                      "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n%.*s", length,
                      (int)length, body);

  int one = 1, listener = socket(AF_INET, SOCK_STREAM, 0);
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  setsockopt(listener, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(atoi(arguments[1]))};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (bind(listener, (struct sockaddr *)&address, sizeof address) || listen(listener, 4096)) return 69;
  int epoll = epoll_create1(0);
  wait_for(epoll, listener);
  while (1) {
    struct epoll_event events[128];
    int ready = epoll_wait(epoll, events, 128, -1);
    for (int index = 0; index < ready; index++) {
      int descriptor = events[index].data.fd;
      if (descriptor == listener) {
        wait_for(epoll, accept(listener, NULL, NULL));
        continue;
      }
      ssize_t received = recv(descriptor, request, sizeof request - 1, 0);
      if (received > 0 && send(descriptor, answer, size, MSG_NOSIGNAL) > 0) {
        request[received] = 0;
        if (!strstr(request, "Connection: close")) continue;
      }
      close(descriptor);
    }
  }
}
