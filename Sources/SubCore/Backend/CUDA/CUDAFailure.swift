#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// How the program ends where the device does not do what it was told.
enum CUDAFailure {
  /// Taken by the first thread that fails and never let go: whoever fails meanwhile waits for the end.
  private static let lock = RecursiveLock()

  /// Writes one line and ends the process with status 1.
  static func end(_ message: String) -> Never {
    lock.take()
    let line = "masksub: error: cuda: \(message)\n"
    _ = line.withCString { write(2, $0, strlen($0)) }
    exit(1)
  }
}
