package import SubCore

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// A text file's bytes and its lines, split at LF alone; a CR before it is dropped. Nothing else ends a line: vertical
/// tabs and Unicode's line separators are text.
package struct TextFile: Sendable {
  /// The path, for messages.
  package let path: String
  /// The contents.
  package let bytes: [UInt8]

  /// Reads a whole file, or what comes out of a pipe, of at most `limit` bytes. Throws an `InputError` where it is missing,
  /// unreadable or larger, an `Interruption` where a signal ends the wait for a pipe's other end.
  package init(_ path: String, cure: String = "check the path", limit: Int = 1 << 30) throws {
    self.path = path
    let (file, status) = try InputFile.open(path, pipes: true, cure: cure)
    defer { close(file) }
    let tooLarge = InputError("more than \(limit) bytes", at: path, cure: cure)
    guard status.st_size <= limit else { throw tooLarge }
    // The size is a hint (pipes have none); what `read` delivers counts.
    var bytes: [UInt8] = []
    bytes.reserveCapacity(max(Int(status.st_size), 0) + 1)
    let chunk = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 16)
    defer { chunk.deallocate() }
    while true {
      let count = read(file, chunk.baseAddress!, chunk.count)
      if count < 0 && errno == EINTR { continue }
      if count < 0 && errno == EAGAIN {
        try Interruption.check()
        var waiting = pollfd(fd: file, events: Int16(POLLIN), revents: 0)
        poll(&waiting, 1, 100)
        continue
      }
      guard count >= 0 else { throw FileSystem.error("cannot read the file", path) }
      if count == 0 { break }
      bytes.append(contentsOf: chunk[..<count])
      guard bytes.count <= limit else { throw tooLarge }
    }
    self.bytes = bytes
  }

  /// Whether something lies at a path.
  package static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

  /// Calls `body` with every line's number (from 1) and bytes, without its ending. A last line without LF counts.
  package func forEachLine(
    _ body: (_ number: Int, _ line: UnsafeBufferPointer<UInt8>) throws(InputError) -> Void
  ) throws(InputError) {
    var failure: InputError?
    bytes.withUnsafeBufferPointer { bytes in
      do throws(InputError) {
        var start = 0
        var number = 1
        while start < bytes.count {
          let rest = UnsafeRawPointer(bytes.baseAddress! + start)
          let found = memchr(rest, 0x0A, bytes.count - start)
          let next = found.map { UnsafeRawPointer($0) - rest + start } ?? bytes.count
          var end = next
          if end > start, bytes[end - 1] == 0x0D { end -= 1 }
          try body(number, UnsafeBufferPointer(rebasing: bytes[start..<end]))
          start = next + 1
          number += 1
        }
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
  }

  /// The bytes as a string; an `InputError` naming the line if they are not UTF-8.
  package func string(_ bytes: UnsafeBufferPointer<UInt8>, line: Int) throws(InputError) -> String {
    guard let string = String(validating: bytes, as: UTF8.self) else {
      throw InputError("not UTF-8 text", at: "\(path), line \(line)", cure: "save the file as UTF-8")
    }
    return string
  }
}
