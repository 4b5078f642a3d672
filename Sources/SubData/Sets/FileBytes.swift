internal import SubCore

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// Reading of whole files and of parts of them.
enum FileBytes {
  /// A whole file as a u8 array. Throws `InputError` if it cannot be read or is no regular file.
  static func read(_ path: String) throws -> HostArray {
    let file = try open(path)
    defer { close(file) }
    let size = try size(of: file, path)
    return try read(file, path, offset: 0, count: size)
  }

  /// `count` bytes of a file from `offset`. Throws `InputError` if they are not there.
  static func read(_ path: String, offset: Int, count: Int) throws -> HostArray {
    let file = try open(path)
    defer { close(file) }
    let size = try size(of: file, path)
    guard offset >= 0, count >= 0, offset <= size, count <= size - offset else {
      throw InputError("the file is shorter than before", at: path, cure: "do not change files while they are in use")
    }
    return try read(file, path, offset: offset, count: count)
  }

  /// The size of a regular file in bytes.
  static func size(_ path: String) throws -> Int {
    let file = try open(path)
    defer { close(file) }
    return try size(of: file, path)
  }

  private static func open(_ path: String) throws -> Int32 {
    let file = systemOpen(path)
    guard file >= 0 else { throw InputError(reason(), at: path, cure: "check the path and its permissions") }
    return file
  }

  private static func size(of file: Int32, _ path: String) throws -> Int {
    var status = stat()
    guard fstat(file, &status) == 0 else { throw InputError(reason(), at: path, cure: "check the file system") }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw InputError("this is not a regular file", at: path, cure: "name a file")
    }
    return Int(status.st_size)
  }

  private static func read(_ file: Int32, _ path: String, offset: Int, count: Int) throws -> HostArray {
    let buffer = try HostBuffer(byteCount: count) { memory throws(InputError) in
      var done = 0
      while done < count {
        let got = pread(file, memory.baseAddress! + done, count - done, off_t(offset + done))
        if got < 0 && errno == EINTR { continue }
        guard got > 0 else {
          let what = got == 0 ? "the file is shorter than before" : reason()
          throw InputError(what, at: path, cure: "check the file system")
        }
        done += got
      }
    }
    return HostArray(dtype: .u8, shape: [count], buffer: buffer)
  }

  private static func reason() -> String { "cannot be read: \(String(cString: strerror(errno)))" }
}

/// O_NONBLOCK: opening a named pipe would otherwise wait for somebody to write into it.
private func systemOpen(_ path: String) -> Int32 { open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK) }
