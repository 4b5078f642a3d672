#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// The names of what is written beside its place before it is moved there: `NAME.tmp-PROCESS-RANDOM`. Random, since in
/// containers every process has the same number.
enum TemporaryName {
  /// A name that nothing has yet.
  static func beside(_ path: String, _ kind: String = "tmp") -> String {
    "\(path).\(kind)-\(getpid())-\(String(UInt32.random(in: 0 ... .max), radix: 16))"
  }

  /// Whether a file may have been left by a process that was killed.
  static func matches(_ name: String) -> Bool { name.contains(".tmp-") || name.contains(".old-") }
}
