#pragma once
// What Linux has and Swift's Glibc module does not show.
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
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
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/un.h>
#include <unistd.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

// accept4 is declared for _GNU_SOURCE only, which would change what Glibc's own headers declare.
static inline int fedbroker_accept(int listener, struct sockaddr *address, socklen_t *length) {
  return (int)syscall(SYS_accept4, listener, address, length, SOCK_NONBLOCK | SOCK_CLOEXEC);
}

// pipe2 likewise.
static inline int fedbroker_pipe(int ends[2]) {
  return (int)syscall(SYS_pipe2, ends, O_CLOEXEC);
}

// memfd_create likewise; 1 is MFD_CLOEXEC.
static inline int fedbroker_memory_file(void) {
  return (int)syscall(SYS_memfd_create, "fedbroker", 1);
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

// landlock(7): its calls have no wrapper in glibc, and older headers not all of the ruleset.

// The version of the kernel's Landlock, or -1.
static inline int fedbroker_landlock_version(void) {
  return (int)syscall(SYS_landlock_create_ruleset, 0, 0, LANDLOCK_CREATE_RULESET_VERSION);
}

// Makes a ruleset of what `version` knows.
static inline int fedbroker_landlock_create(int version, uint64_t files, uint64_t scopes) {
  struct {
    uint64_t files, network, scopes;
  } ruleset = {files, 0, scopes};
  return (int)syscall(SYS_landlock_create_ruleset, &ruleset, version >= 6 ? 24 : version >= 4 ? 16 : 8, 0);
}

// Adds a rule for a file or for a directory and what is beneath it. What is not there, or is not to be seen, needs none.
static inline int fedbroker_landlock_allow(int ruleset, const char *path, uint64_t rights, uint64_t rights_of_files) {
  int descriptor = open(path, 010000000 /* O_PATH, of _GNU_SOURCE */ | O_CLOEXEC);
  if (descriptor < 0) return 0;
  struct stat status;
  int is_directory = fstat(descriptor, &status) == 0 && S_ISDIR(status.st_mode);
  struct landlock_path_beneath_attr rule = {
    .allowed_access = is_directory ? rights : rights & rights_of_files, .parent_fd = descriptor};
  int result = 0;
  if (rule.allowed_access != 0) {
    result = (int)syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
  }
  close(descriptor);
  return result;
}

static inline int fedbroker_landlock_restrict(int ruleset) {
  return (int)syscall(SYS_landlock_restrict_self, ruleset, 0);
}

static inline int fedbroker_forbid_new_privileges(void) { return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); }

// Puts a filter of system calls (seccomp(2)) over all threads of the process.
static inline int fedbroker_filter_system_calls(struct sock_filter *program, unsigned short length) {
  struct sock_fprog filter = {length, program};
  return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &filter);
}
