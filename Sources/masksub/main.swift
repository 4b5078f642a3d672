import COutOfMemory
import SubTool

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

sub_end_without_memory()
// Swift would put another character in the place of such bytes, and the program would work on another path.
for number in 1..<max(1, Int(CommandLine.argc)) {
  guard let bytes = CommandLine.unsafeArgv[number], String(validatingCString: bytes) == nil else { continue }
  let error =
    "masksub: error: the bytes of argument \(number) are no UTF-8 (\(CommandLine.arguments[number])): "
    + "rename the file, or name it by another path\n"
  _ = error.withCString { write(2, $0, strlen($0)) }
  exit(2)
}
exit(Tool.main(arguments: Array(CommandLine.arguments.dropFirst())))
