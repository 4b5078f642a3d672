#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif
import SubTool

exit(Tool.main(arguments: Array(CommandLine.arguments.dropFirst())))
