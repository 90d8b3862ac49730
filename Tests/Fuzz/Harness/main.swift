import CFuzzer
import FuzzedParsers
import Glibc

/// Set once, before the first input.
nonisolated(unsafe) var chosen = Fuzzed.request

/// Usage: `Fuzz PARSER [options and corpora of libFuzzer]`.
guard CommandLine.argc > 1, let fuzzed = Fuzzed(rawValue: CommandLine.arguments[1]) else {
  print("the first argument is one of \(Fuzzed.allCases.map(\.rawValue).joined(separator: ", "))")
  exit(EX_USAGE)
}
chosen = fuzzed
var count = CommandLine.argc - 1
var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = CommandLine.unsafeArgv + 1
exit(LLVMFuzzerRunDriver(&count, &arguments) { test($0, $1) })

/// Named as libFuzzer's own `main` wants it, which is linked and not used.
@_cdecl("LLVMFuzzerTestOneInput")
func test(_ data: UnsafePointer<UInt8>?, _ size: Int) -> CInt {
  chosen.run(Array(UnsafeBufferPointer(start: data, count: size)))
  return 0
}
