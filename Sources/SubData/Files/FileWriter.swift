public import SubCore

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// A file that is written front to back, without a buffer of its own. Errors name the file and the system's reason.
public final class FileWriter {
  /// The file as messages name it: the final path, not that of the temporary file.
  public let place: String
  /// The number of bytes written so far.
  public private(set) var count = 0
  private var descriptor: Int32

  init(descriptor: Int32, place: String) {
    self.descriptor = descriptor
    self.place = place
  }

  /// Writes behind what a file holds, making it if need be.
  public init(appendingTo path: String) throws {
    descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o666)
    place = path
    guard descriptor >= 0 else { throw FileSystem.error("cannot open for writing", path) }
  }

  deinit { if descriptor >= 0 { _ = systemClose(descriptor) } }

  /// Writes all the bytes.
  public func write(_ bytes: UnsafeRawBufferPointer) throws {
    var rest = bytes
    while let start = rest.baseAddress, rest.count > 0 {
      // Linux writes at most 2 GiB - 4096 bytes at once.
      let written = systemWrite(descriptor, start, min(rest.count, 1 << 30))
      guard written >= 0 else {
        if errno == EINTR { continue }
        throw FileSystem.error("cannot write \(rest.count) bytes after the first \(count)", place)
      }
      count += written
      rest = UnsafeRawBufferPointer(rebasing: rest[written...])
    }
  }

  /// Writes all the bytes.
  public func write(_ bytes: [UInt8]) throws { try bytes.withUnsafeBytes { try write($0) } }
  /// Writes the text in UTF-8.
  public func write(_ text: String) throws { try write(Array(text.utf8)) }
  /// Writes an array's bytes, row-major in the machine's byte order.
  public func write(_ array: HostArray) throws { try array.withBytes { try write($0) } }

  /// Hands everything to the disk and closes; file systems over a network report a full disk only here.
  func finish() throws {
    try FileSystem.sync(descriptor: descriptor, place: place)
    defer { descriptor = -1 }
    guard systemClose(descriptor) == 0 else { throw FileSystem.error("cannot close", place) }
  }
}

// Inside the class the names `write` and `close` are its own.
private func systemWrite(_ descriptor: Int32, _ bytes: UnsafeRawPointer, _ count: Int) -> Int {
  write(descriptor, bytes, count)
}
private func systemClose(_ descriptor: Int32) -> Int32 { close(descriptor) }
