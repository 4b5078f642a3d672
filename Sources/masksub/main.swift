import SubTool

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

exit(Tool.main(arguments: Array(CommandLine.arguments.dropFirst())))
