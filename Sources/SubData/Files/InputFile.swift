internal import CZlib
public import SubCore

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// A regular file from outside, read whole or in parts as they are asked for. It is opened anew for every part, so that any
/// number of them costs no descriptors, and never mapped: another process that cuts it makes the next part an error, where
/// touching a mapping beyond its end would be fatal. So does one that changes it.
public struct InputFile: Sendable {
  /// The path as given.
  public let path: String
  /// The number of bytes.
  public let count: Int
  private let changed: Time

  /// When the contents were last changed.
  private struct Time: Equatable {
    let seconds, nanoseconds: Int

    init(_ status: stat) {
      #if canImport(Glibc)
        (seconds, nanoseconds) = (status.st_mtim.tv_sec, status.st_mtim.tv_nsec)
      #else
        (seconds, nanoseconds) = (status.st_mtimespec.tv_sec, status.st_mtimespec.tv_nsec)
      #endif
    }
  }

  /// The regular file at `path`. Throws an `InputError` with the system's reason.
  public init(_ path: String) throws {
    let (descriptor, status) = try Self.open(path)
    close(descriptor)
    self.init(path, status)
  }

  private init(_ path: String, _ status: stat) {
    self.path = path
    (count, changed) = (Int(status.st_size), Time(status))
  }

  /// The whole file at a path, as it was when it was opened: where another takes its place meanwhile, by its name, the old
  /// one is read.
  public static func contents(_ path: String) throws -> HostBuffer {
    let (descriptor, status) = try open(path)
    defer { close(descriptor) }
    let file = InputFile(path, status)
    if file.count == 0 { return HostBuffer(byteCount: 0) { _ in } }
    let buffer = try HostBuffer(unfilled: file.count) { try file.fill($0, from: descriptor, at: 0) }
    try file.check(descriptor)
    return buffer
  }

  /// The whole file.
  public func read() throws -> HostBuffer { try read(0..<count) }

  /// The bytes of a part. Throws where the file does not reach so far, or is no longer what it was.
  public func read(_ range: Range<Int>) throws -> HostBuffer {
    guard range.lowerBound >= 0, range.upperBound <= count else {
      throw InputError(
        "the file ends too early: bytes \(range) of \(count)", at: path, cure: "get the file again; it is cut short")
    }
    if range.isEmpty { return HostBuffer(byteCount: 0) { _ in } }
    let descriptor = try reopen()
    defer { close(descriptor) }
    let buffer = try HostBuffer(unfilled: range.count) { try fill($0, from: descriptor, at: range.lowerBound) }
    try check(descriptor)
    return buffer
  }

  /// The whole file as an array, u8.
  public func array() throws -> HostArray { try array(0..<count) }

  /// A part as an array, u8.
  public func array(_ range: Range<Int>) throws -> HostArray {
    HostArray(dtype: .u8, shape: [range.count], buffer: try read(range))
  }

  /// The whole file as text; what is not UTF-8 becomes replacement characters.
  public func text() throws -> String {
    let buffer = try read()
    return withExtendedLifetime(buffer) { String(decoding: buffer.bytes, as: UTF8.self) }
  }

  /// Size and CRC-32, read in pieces.
  package func checksum() throws -> (size: Int, crc32: UInt32) {
    let descriptor = try reopen()
    defer { close(descriptor) }
    let piece = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 64)
    defer { piece.deallocate() }
    var (offset, crc) = (0, UInt32(0))
    while offset < count {
      let part = UnsafeMutableRawBufferPointer(rebasing: piece[..<min(piece.count, count - offset)])
      try fill(part, from: descriptor, at: offset)
      crc = Checksum.crc32(UnsafeRawBufferPointer(part), crc)
      offset += part.count
    }
    try check(descriptor)
    return (count, crc)
  }

  /// Opens a path for reading: the one place where files from outside are opened. A folder, pipe or device is an error;
  /// a named pipe does not make us wait for somebody to write into it (O_NONBLOCK).
  ///
  /// - Parameters:
  ///   - pipes: whether a pipe is taken, too, by a reader that reads but once and front to back.
  ///   - cure: what an error advises; nil: what fits the system's reason.
  static func open(_ path: String, pipes: Bool = false, cure: String? = nil) throws -> (
    descriptor: Int32, status: stat
  ) {
    func failure(_ what: String) -> InputError {
      let error = FileSystem.error(what, path)
      return InputError(error.what, at: path, cure: cure ?? error.cure)
    }
    let descriptor = systemOpen(path)
    guard descriptor >= 0 else { throw failure("cannot open the file") }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      defer { close(descriptor) }
      throw failure("cannot look at the file")
    }
    let kind = status.st_mode & S_IFMT
    guard kind == S_IFREG || pipes && kind == S_IFIFO else {
      close(descriptor)
      throw InputError(
        kind == S_IFDIR ? "this is a folder, not a file" : "this is a pipe or a device, not a file", at: path,
        cure: cure ?? (kind == S_IFDIR ? "name a file in it" : "save it as a file first"))
    }
    return (descriptor, status)
  }

  /// Opens a file that may be packed by gzip, with its size as it lies on the disk; to be closed with gzclose.
  static func unpacking(_ path: String, cure: String? = nil) throws -> (file: gzFile, size: Int) {
    let (descriptor, status) = try open(path, cure: cure)
    guard let file = gzdopen(descriptor, "rb") else {
      close(descriptor)
      throw FileSystem.error("cannot open the file", path, code: ENOMEM)
    }
    gzbuffer(file, 1 << 18)
    return (file, Int(status.st_size))
  }

  private func reopen() throws -> Int32 {
    let (descriptor, status) = try Self.open(path)
    guard Int(status.st_size) == count, Time(status) == changed else {
      close(descriptor)
      throw change()
    }
    return descriptor
  }

  /// Throws where the file was changed while it was read.
  private func check(_ descriptor: Int32) throws {
    var status = stat()
    guard fstat(descriptor, &status) == 0, Int(status.st_size) == count, Time(status) == changed else { throw change() }
  }

  private func fill(_ memory: UnsafeMutableRawBufferPointer, from descriptor: Int32, at offset: Int) throws {
    var done = 0
    while done < memory.count {
      let got = pread(descriptor, memory.baseAddress! + done, min(memory.count - done, 1 << 30), off_t(offset + done))
      if got < 0, errno == EINTR { continue }
      guard got >= 0 else { throw FileSystem.error("cannot read the file", path) }
      guard got > 0 else { throw change() }
      done += got
    }
  }

  private func change() -> InputError {
    InputError("the file was changed while it was in use", at: path, cure: "let it be until the work is done")
  }
}

// Inside the type the name `open` is its own.
private func systemOpen(_ path: String) -> Int32 { open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK) }
