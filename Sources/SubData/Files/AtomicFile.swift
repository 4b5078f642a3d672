#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Writing a file so that its name never leads to half of it: into a temporary file beside it, synced, then renamed.
/// Whatever fails, the temporary file is removed and the previous file stays. Devices and pipes (`/dev/stdout`) are
/// written directly.
public enum AtomicFile {
  /// Writes what `body` writes. Throws `body`'s error, or an `InputError` naming `path` and the system's reason.
  public static func write(to path: String, _ body: (FileWriter) throws -> Void) throws {
    switch FileSystem.kind(path) {
    case .folder: throw FileSystem.error("cannot write a file", path, code: EISDIR)
    case .other:
      // O_NONBLOCK: a named pipe that nobody reads is an error, not a wait without end.
      let descriptor = open(path, O_WRONLY | O_CLOEXEC | O_NONBLOCK)
      guard descriptor >= 0 else { throw FileSystem.error("cannot open for writing", path) }
      _ = fcntl(descriptor, F_SETFL, 0)
      let writer = FileWriter(descriptor: descriptor, place: path)
      try body(writer)
      try writer.finish()
    case .file, .absent:
      let (temporary, descriptor) = try openTemporary(for: path)
      do {
        let writer = FileWriter(descriptor: descriptor, place: path)
        try body(writer)
        try writer.finish()
        try FileSystem.move(temporary, to: path)
      } catch {
        FileSystem.remove(temporary)
        throw error
      }
      try FileSystem.sync(FileSystem.parent(path))
    }
  }

  /// Writes the bytes.
  public static func write(_ bytes: [UInt8], to path: String) throws { try write(to: path) { try $0.write(bytes) } }
  /// Writes the text in UTF-8.
  public static func write(_ text: String, to path: String) throws { try write(Array(text.utf8), to: path) }

  private static func openTemporary(for path: String) throws -> (path: String, descriptor: Int32) {
    let temporary = TemporaryName.beside(path)
    let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else { throw FileSystem.error("cannot make the file", path) }
    return (temporary, descriptor)
  }
}
