#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// How the program ends where a backend cannot do what it was asked: there is no memory, or a device fails. Nothing above
/// could go on, and nothing half-written is left: files are renamed into place when whole.
enum ProgramEnd {
  /// Writes one line and ends the process with status 1.
  static func saying(_ message: String) -> Never {
    let line = "masksub: error: \(message)\n"
    _ = line.withCString { write(2, $0, strlen($0)) }
    exit(1)
  }
}
