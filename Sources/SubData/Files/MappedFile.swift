public import SubCore

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// A file mapped read-only into memory: nothing is read before it is touched, and arrays may share it.
///
/// Another process that cuts the file while it is mapped makes the next access beyond its new end fatal (SIGBUS), as
/// with every mapping; that is out of scope.
public struct MappedFile: Sendable {
  /// The path as given.
  public let path: String
  /// The file's bytes; empty for an empty file.
  public let buffer: HostBuffer

  /// Maps the regular file at `path`. Throws an `InputError` with the system's reason.
  public init(_ path: String) throws {
    self.path = path
    // O_NONBLOCK: opening a named pipe would otherwise wait for somebody to write into it.
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw FileSystem.error("cannot open the file", path) }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw FileSystem.error("cannot look at the file", path) }
    guard status.st_mode & S_IFMT == S_IFREG else {
      let isFolder = status.st_mode & S_IFMT == S_IFDIR
      throw InputError(
        isFolder ? "this is a folder, not a file" : "this is a pipe or a device, not a file", at: path,
        cure: isFolder ? "name a file in it" : "save it as a file first")
    }
    let size = Int(status.st_size)
    guard size > 0 else {
      buffer = HostBuffer(byteCount: 0) { _ in }
      return
    }
    guard let address = mmap(nil, size, PROT_READ, MAP_PRIVATE, descriptor, 0), address != MAP_FAILED else {
      throw FileSystem.error("cannot map the file", path)
    }
    buffer = HostBuffer(borrowing: UnsafeRawBufferPointer(start: address, count: size)) { munmap(address, size) }
  }

  /// The number of bytes.
  public var count: Int { buffer.bytes.count }

  /// The bytes as an array, u8.
  public var array: HostArray { HostArray(dtype: .u8, shape: [count], buffer: buffer) }
}
