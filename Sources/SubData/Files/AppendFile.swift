import Synchronization

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// A file that grows by whole lines, such as `metrics.jsonl`. Each line is one write, so readers never see half of one
/// unless the disk is full, and then the half is taken back.
package final class AppendFile: Sendable {
  /// The file.
  package let path: String
  private let descriptor: Int32
  private let lock = Mutex(())

  /// Opens a file for appending, making it if need be. A last line without its end, left by a crash or a power cut, is
  /// removed.
  package init(_ path: String) throws {
    self.path = path
    let descriptor = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NONBLOCK, 0o666)
    guard descriptor >= 0 else { throw FileSystem.error("cannot open for writing", path) }
    self.descriptor = descriptor
    if FileSystem.kind(path) == .file { try cutPartialLine() }
  }

  deinit { close(descriptor) }

  /// Appends a line and its end. Throws an `InputError` when not all of it could be written; none of it stays then.
  package func append(_ line: String) throws {
    var bytes = Array(line.utf8)
    bytes.append(UInt8(ascii: "\n"))
    try lock.withLock { _ in
      let size = lseek(descriptor, 0, SEEK_END)
      var written: Int
      repeat { written = write(descriptor, bytes, bytes.count) } while written < 0 && errno == EINTR
      guard written == bytes.count else {
        // A short write means that the disk filled up in the middle of the line.
        let code = written < 0 ? errno : ENOSPC
        if written > 0, size >= 0 { _ = ftruncate(descriptor, size) }
        throw FileSystem.error("cannot append a line", path, code: code)
      }
    }
  }

  /// Hands all lines to the disk.
  package func sync() throws { try FileSystem.sync(descriptor: descriptor, place: path) }

  /// Appends a JSON value on a line of its own.
  package func append(_ json: JSON) throws { try append(json.text()) }

  private func cutPartialLine() throws {
    var end = lseek(descriptor, 0, SEEK_END)
    guard end > 0 else { return }
    let size = end
    var byte: UInt8 = 0
    while end > 0, pread(descriptor, &byte, 1, end - 1) == 1, byte != UInt8(ascii: "\n") { end -= 1 }
    if end < size, ftruncate(descriptor, end) != 0 { throw FileSystem.error("cannot cut the last, half line", path) }
  }
}
