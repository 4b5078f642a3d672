import COutOfMemory
import SubTool

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

sub_end_without_memory()
exit(Tool.main(arguments: Array(CommandLine.arguments.dropFirst())))
