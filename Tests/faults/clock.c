// The wall clock of one process, for a test to set: the machine's is everyone's.
//
// Preloaded, it shows the kernel's clock as far ahead as the file FAULTS_CLOCK_AHEAD says. (libfaketime moves timers of
// CLOCK_BOOTTIME along, which a clock that is set leaves alone.) Where the kernel would tell a timer of CLOCK_REALTIME
// that its clock was set (TFD_TIMER_CANCEL_ON_SET), the FIFO FAULTS_CLOCK_SET becomes readable.

#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

static const int64_t *seconds;

__attribute__((constructor)) static void map(void) {
  int file = open(getenv("FAULTS_CLOCK_AHEAD"), O_RDONLY | O_CLOEXEC);
  const void *mapped = mmap(NULL, sizeof *seconds, PROT_READ, MAP_SHARED, file, 0);
  if (mapped == MAP_FAILED) abort();
  close(file);
  seconds = mapped;
}

int clock_gettime(clockid_t clock, struct timespec *time) {
  int result = (int)syscall(SYS_clock_gettime, clock, time);
  if (result == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) {
    // Another library's constructor may ask before ours has run.
    time->tv_sec += seconds ? *(volatile const int64_t *)seconds : 0;
  }
  return result;
}

int gettimeofday(struct timeval *restrict time, void *restrict zone) {
  struct timespec now;
  (void)zone;
  clock_gettime(CLOCK_REALTIME, &now);
  *time = (struct timeval){now.tv_sec, now.tv_nsec / 1000};
  return 0;
}

time_t time(time_t *time) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  if (time) *time = now.tv_sec;
  return now.tv_sec;
}

int timerfd_create(int clock, int flags) {
  if (clock != CLOCK_REALTIME) return (int)syscall(SYS_timerfd_create, clock, flags);
  return open(getenv("FAULTS_CLOCK_SET"), O_RDWR | O_NONBLOCK | O_CLOEXEC);
}

int timerfd_settime(int timer, int flags, const struct itimerspec *due, struct itimerspec *former) {
  if (flags & TFD_TIMER_CANCEL_ON_SET) return 0;
  return (int)syscall(SYS_timerfd_settime, timer, flags, due, former);
}
