internal import CLinux
internal import Glibc

/// A filter of system calls (seccomp(2)): what the daemon never needs fails with `EPERM`, or `ENOSYS` where the C library
/// then takes another way.
///
/// A list of what is denied, since what is allowed changes with the C library and the Swift runtime. Classic BPF whose
/// result depends on the call's number alone, but for clone(2): the kernel then remembers which calls pass, and does not
/// run the filter for them.
struct SystemCallFilter {
  /// The instructions.
  let program: [sock_filter]

  /// - Parameter allowsPrograms: Leaves out what a `credential_process`, which inherits the filter, may need: to execute,
  ///   keyrings, namespaces and mounts of its own.
  init(allowsPrograms: Bool) {
    var program = [Self.load(Self.architectureOffset)]
    // Another architecture's numbers mean other calls.
    program += Self.unless(equal: Self.architecture, answer: Self.denied)
    program.append(Self.load(Self.numberOffset))
    #if arch(x86_64)
      // x32: the same calls under other numbers.
      program += Self.when(atLeast: 0x4000_0000, answer: Self.denied)
    #endif
    for number in Self.neverNeeded + (allowsPrograms ? [] : Self.forPrograms) {
      program += Self.when(equal: UInt32(number), answer: Self.denied)
    }
    if !allowsPrograms {
      // clone3(2) hides its flags in memory: without it, the C library calls clone(2).
      program += Self.when(equal: UInt32(SYS_clone3), answer: Self.unknown)
      program += Self.when(
        equal: UInt32(SYS_clone),
        skipping: [
          Self.load(Self.firstArgumentOffset), Self.jump(BPF_JSET, Self.namespaceFlags, whenFalse: 1),
          Self.answer(Self.denied), Self.answer(Self.allowed),
        ])
    }
    program.append(Self.answer(Self.allowed))
    self.program = program
  }

  /// Puts the filter in force for all threads of the process, those to come and its children included.
  ///
  /// Returns the value of errno(3), or 0. There is no way back.
  func apply() -> Int32 {
    let count = UInt16(program.count)
    var program = program
    return fedbroker_filter_system_calls(&program, count) == 0 ? 0 : errno
  }

  /// Other processes, the kernel itself, the clock, and what turned out as a way into the kernel again and again.
  private static let neverNeeded: [Int32] = {
    var numbers: [Int32] = [
      SYS_ptrace, SYS_process_vm_readv, SYS_process_vm_writev, SYS_kcmp, SYS_pidfd_getfd, SYS_process_madvise,
      SYS_bpf, SYS_perf_event_open, SYS_userfaultfd, SYS_io_uring_setup, SYS_io_uring_enter, SYS_io_uring_register,
      SYS_init_module, SYS_finit_module, SYS_delete_module, SYS_kexec_load, SYS_reboot, SYS_acct, SYS_quotactl,
      SYS_swapon, SYS_swapoff, SYS_syslog, SYS_vhangup, SYS_settimeofday, SYS_clock_settime, SYS_clock_adjtime,
      SYS_adjtimex, SYS_sethostname, SYS_setdomainname, SYS_fanotify_init, SYS_open_by_handle_at,
      SYS_lookup_dcookie, SYS_move_pages, SYS_migrate_pages, SYS_kexec_file_load,
    ]
    #if arch(x86_64)
      numbers += [SYS_iopl, SYS_ioperm, SYS_modify_ldt, SYS_uselib]
    #endif
    return numbers
  }()

  private static let forPrograms: [Int32] = [
    SYS_execve, SYS_execveat, SYS_keyctl, SYS_add_key, SYS_request_key, SYS_unshare, SYS_setns, SYS_chroot, SYS_mount,
    SYS_umount2, SYS_pivot_root, SYS_move_mount, SYS_open_tree, SYS_fsopen, SYS_fsconfig, SYS_fsmount, SYS_fspick,
    SYS_mount_setattr,
  ]

  #if arch(x86_64)
    private static let architecture: UInt32 = 0xC000_003E
  #elseif arch(arm64)
    private static let architecture: UInt32 = 0xC000_00B7
  #else
    #error("the number of this architecture (AUDIT_ARCH_ in linux/audit.h) is missing")
  #endif

  /// `CLONE_NEWNS`, `NEWCGROUP`, `NEWUTS`, `NEWIPC`, `NEWUSER`, `NEWPID` and `NEWNET`.
  private static let namespaceFlags: UInt32 = 0x7E02_0000

  // Of struct seccomp_data.
  private static let numberOffset: UInt32 = 0
  private static let architectureOffset: UInt32 = 4
  /// The lower half, on little-endian machines.
  private static let firstArgumentOffset: UInt32 = 16

  private static let allowed: UInt32 = 0x7FFF_0000
  private static let denied: UInt32 = 0x0005_0000 | UInt32(EPERM)
  private static let unknown: UInt32 = 0x0005_0000 | UInt32(ENOSYS)

  private static func load(_ offset: UInt32) -> sock_filter {
    sock_filter(code: UInt16(BPF_LD | BPF_W | BPF_ABS), jt: 0, jf: 0, k: offset)
  }

  private static func answer(_ value: UInt32) -> sock_filter {
    sock_filter(code: UInt16(BPF_RET | BPF_K), jt: 0, jf: 0, k: value)
  }

  private static func jump(_ test: Int32, _ value: UInt32, whenTrue: UInt8 = 0, whenFalse: UInt8 = 0) -> sock_filter {
    sock_filter(code: UInt16(BPF_JMP | test | BPF_K), jt: whenTrue, jf: whenFalse, k: value)
  }

  private static func when(equal value: UInt32, answer: UInt32) -> [sock_filter] {
    Self.when(equal: value, skipping: [Self.answer(answer)])
  }

  private static func when(equal value: UInt32, skipping steps: [sock_filter]) -> [sock_filter] {
    [jump(BPF_JEQ, value, whenFalse: UInt8(steps.count))] + steps
  }

  private static func when(atLeast value: UInt32, answer: UInt32) -> [sock_filter] {
    [jump(BPF_JGE, value, whenFalse: 1), Self.answer(answer)]
  }

  private static func unless(equal value: UInt32, answer: UInt32) -> [sock_filter] {
    [jump(BPF_JEQ, value, whenTrue: 1), Self.answer(answer)]
  }
}
