// What Tests/sanitize links into every program that it builds, the daemon that the tests start included.

// Each process writes its reports to a file of its own: the tests do not look at all that the daemon prints, and end it
// in ways that leave it no time for an exit status.
#if __has_feature(address_sanitizer)
// Leaks are looked for in the tests only (Tests/sanitize): a command leaves what it holds to its end.
const char *__asan_default_options(void) { return "log_path=" REPORTS "/address:detect_leaks=0:print_suppressions=0"; }

// TOMLKit frees nothing that it parsed, which is a few KiB for each load of the configuration. A service under test is
// not shut down, so that its broker sleeps on for ever.
const char *__lsan_default_suppressions(void) { return "leak:/TOMLKit/\nleak:ServiceUnderTest\n"; }
#endif

#if __has_feature(thread_sanitizer)
const char *__tsan_default_options(void) { return "log_path=" REPORTS "/thread:atexit_sleep_ms=0"; }

// Two orders between threads that the thread sanitizer does not see, because they are made inside the libraries of
// Swift 6.3, which are not compiled with its instruments: it would report the correct programs below. It is told of no
// order that is not there, so that no race is passed over.

void __tsan_acquire(void *);
void __tsan_release(void *);

#define SWIFT __attribute__((swiftcall))
#define SELF __attribute__((swift_context))
#define LOCK "$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF"
#define UNLOCK "$s15Synchronization12_MutexHandleV11_unlockSlowyyF"

// A mutex that two threads want at once is locked and unlocked by the kernel, for libswiftSynchronization:
//
//   let counter = Mutex(0)
//   DispatchQueue.concurrentPerform(iterations: 8) { _ in
//     for _ in 0..<200_000 { counter.withLock { $0 += 1 } }
//   }
SWIFT void lock(unsigned thread, SELF void *mutex) __asm__("__wrap_" LOCK);
SWIFT void libraryLock(unsigned thread, SELF void *mutex) __asm__("__real_" LOCK);
SWIFT void lock(unsigned thread, SELF void *mutex) {
  libraryLock(thread, mutex);
  __tsan_acquire(mutex);
}

SWIFT void unlock(SELF void *mutex) __asm__("__wrap_" UNLOCK);
SWIFT void libraryUnlock(SELF void *mutex) __asm__("__real_" UNLOCK);
SWIFT void unlock(SELF void *mutex) {
  __tsan_release(mutex);
  libraryUnlock(mutex);
}

// A continuation that is resumed before its task waits for it: swift_continuation_resume releases the task, but
// swift_continuation_await does not acquire it where it goes on at once. A call within the library cannot be wrapped,
// but the first thing that a function does after an await is to free the callee's frame. `Box` is a class:
//
//   let box = await withCheckedContinuation { continuation in
//     Thread.detachNewThread { continuation.resume(returning: Box(1)) }
//   }
//   box.value += 1
SWIFT void *swift_task_getCurrent(void);
SWIFT void __real_swift_task_dealloc(void *frame);
SWIFT void __wrap_swift_task_dealloc(void *frame) {
  __tsan_acquire(swift_task_getCurrent());
  __real_swift_task_dealloc(frame);
}
#endif
