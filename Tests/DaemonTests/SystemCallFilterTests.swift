import CLinux
import Glibc
import Testing

@testable import Daemon

/// The filter's instructions, run as the kernel runs them.
struct SystemCallFilterTests {
  private static let allowed: UInt32 = 0x7FFF_0000
  private static let denied: UInt32 = 0x0005_0000 | UInt32(EPERM)
  private static let unknown: UInt32 = 0x0005_0000 | UInt32(ENOSYS)

  #if arch(x86_64)
    private static let architecture: UInt32 = 0xC000_003E
    private static let other: UInt32 = 0x4000_0003
  #else
    private static let architecture: UInt32 = 0xC000_00B7
    private static let other: UInt32 = 0x4000_0028
  #endif

  /// Returns the filter's answer to a call.
  private func answer(
    _ number: Int32, _ flags: UInt32 = 0, architecture: UInt32 = Self.architecture, allowsPrograms: Bool = false
  ) -> UInt32? {
    let data: [UInt32: UInt32] = [0: UInt32(bitPattern: number), 4: architecture, 16: flags]
    let program = SystemCallFilter(allowsPrograms: allowsPrograms).program
    var (accumulator, position) = (UInt32(0), 0)
    while position < program.count {
      let instruction = program[position]
      position += 1
      func jump(_ isTrue: Bool) { position += Int(isTrue ? instruction.jt : instruction.jf) }
      switch Int32(instruction.code) {
      case BPF_LD | BPF_W | BPF_ABS: accumulator = data[instruction.k] ?? 0
      case BPF_JMP | BPF_JEQ | BPF_K: jump(accumulator == instruction.k)
      case BPF_JMP | BPF_JGE | BPF_K: jump(accumulator >= instruction.k)
      case BPF_JMP | BPF_JSET | BPF_K: jump(accumulator & instruction.k != 0)
      case BPF_RET | BPF_K: return instruction.k
      default: return nil
      }
    }
    return nil
  }

  @Test("What the daemon does passes, with programs and without", arguments: [true, false])
  func allowed(allowsPrograms: Bool) {
    let numbers: [Int32] = [
      SYS_read, SYS_write, SYS_sendmsg, SYS_accept4, SYS_openat, SYS_mmap, SYS_futex, SYS_exit_group, SYS_prctl,
      SYS_socket, SYS_renameat2, SYS_fchown, SYS_clock_gettime, SYS_rt_sigaction, SYS_statx, SYS_inotify_add_watch,
    ]
    for number in numbers { #expect(answer(number, allowsPrograms: allowsPrograms) == Self.allowed, "\(number)") }
    // A thread, and a process as posix_spawn(3) makes it.
    for flags: UInt32 in [0x003D_0F00, 0x4111, 0x1200011] {
      #expect(answer(SYS_clone, flags, allowsPrograms: allowsPrograms) == Self.allowed)
    }
  }

  @Test("Other processes, the kernel and the clock are out of reach, whoever needs programs", arguments: [true, false])
  func denied(allowsPrograms: Bool) {
    let numbers: [Int32] = [
      SYS_ptrace, SYS_process_vm_readv, SYS_process_vm_writev, SYS_bpf, SYS_perf_event_open, SYS_userfaultfd,
      SYS_init_module, SYS_finit_module, SYS_kexec_load, SYS_clock_settime, SYS_io_uring_setup, SYS_open_by_handle_at,
    ]
    for number in numbers { #expect(answer(number, allowsPrograms: allowsPrograms) == Self.denied, "\(number)") }
  }

  @Test("Programs, keyrings, namespaces and mounts are for a credential_process only")
  func programs() {
    let numbers: [Int32] = [
      SYS_execve, SYS_execveat, SYS_keyctl, SYS_add_key, SYS_request_key, SYS_unshare, SYS_setns, SYS_mount, SYS_chroot,
    ]
    for number in numbers {
      #expect(answer(number) == Self.denied, "\(number)")
      #expect(answer(number, allowsPrograms: true) == Self.allowed, "\(number)")
    }
    for bit: UInt32 in [17, 25, 26, 27, 28, 29, 30] {
      #expect(answer(SYS_clone, 1 << bit | 17) == Self.denied)
      #expect(answer(SYS_clone, 1 << bit | 17, allowsPrograms: true) == Self.allowed)
    }
    #expect(answer(SYS_clone3) == Self.unknown)
    #expect(answer(SYS_clone3, allowsPrograms: true) == Self.allowed)
  }

  @Test("Calls by the numbers of another architecture are denied")
  func otherArchitectures() {
    #expect(answer(SYS_read, architecture: Self.other) == Self.denied)
    #if arch(x86_64)
      #expect(answer(SYS_read | 0x4000_0000) == Self.denied)
    #endif
  }
}
