#pragma once
// What Linux has and Swift's Glibc module does not show.
#include <fcntl.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <spawn.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/un.h>
#include <unistd.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

// accept4 is declared for _GNU_SOURCE only, which would change what Glibc's own headers declare.
static inline int fedbroker_accept(int listener) {
  return (int)syscall(SYS_accept4, listener, 0, 0, SOCK_NONBLOCK | SOCK_CLOEXEC);
}

// pipe2 likewise.
static inline int fedbroker_pipe(int ends[2]) {
  return (int)syscall(SYS_pipe2, ends, O_CLOEXEC);
}

// posix_spawn_file_actions_addclosefrom_np likewise; of glibc 2.34.
static inline int fedbroker_close_from(posix_spawn_file_actions_t *actions, int first) {
  extern int posix_spawn_file_actions_addclosefrom_np(posix_spawn_file_actions_t *, int);
  return posix_spawn_file_actions_addclosefrom_np(actions, first);
}

// O_PATH and AT_EMPTY_PATH likewise.
static const int fedbroker_path_only = 010000000;

// Changes the group of the file that a descriptor stands for, also of one that is for its path only.
static inline int fedbroker_change_group(int descriptor, uint32_t group) {
  return (int)syscall(SYS_fchownat, descriptor, "", -1, group, 0x1000);
}

// struct ucred likewise: pid, uid, gid.
typedef struct {
  int32_t pid;
  uint32_t uid;
  uint32_t gid;
} fedbroker_peer_credentials;

// Swift takes the variable `environ` for shared mutable state.
static inline char *const *fedbroker_environment(void) {
  extern char **environ;
  return environ;
}

// prctl is variadic.
static inline void fedbroker_forbid_dumps(void) {
  prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

// ioctl is variadic; 0 where the descriptor is no terminal or its width is not known.
static inline int fedbroker_terminal_columns(int descriptor) {
  struct winsize size;
  return ioctl(descriptor, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

// Swift has no thread-local variables. Numbers the threads in the order in which they first ask.
static inline uint32_t fedbroker_thread_number(void) {
  static uint32_t last;
  static _Thread_local uint32_t number;
  if (number == 0) number = __atomic_add_fetch(&last, 1, __ATOMIC_RELAXED);
  return number;
}
