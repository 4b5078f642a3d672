import SubCore

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// Whole reads and writes on a file descriptor.
enum DescriptorStream {
  static func write(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32, name: String) throws {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = systemWrite(descriptor, UnsafeRawBufferPointer(rebasing: rest))
      if count >= 0 {
        rest = rest.dropFirst(count)
        continue
      }
      switch errno {
      case EINTR: continue
      case EPIPE: throw ReaderGone()
      case let code:
        throw InputError(
          "writing failed: \(String(cString: strerror(code)))", at: name, cure: "check where it leads to")
      }
    }
  }

  static func read(into buffer: UnsafeMutableRawBufferPointer, from descriptor: Int32, name: String) throws -> Int {
    while true {
      // Signals reach a thread of their own and wake nobody here: look up now and then while there is nothing to read.
      try Interruption.check()
      var waiting = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      if poll(&waiting, 1, 100) == 0 { continue }
      let count = systemRead(descriptor, buffer)
      if count >= 0 { return count }
      let code = errno
      if code == EINTR { continue }
      throw InputError(
        "reading failed: \(String(cString: strerror(code)))", at: name, cure: "check where it comes from")
    }
  }

  /// The variables that the tool knows.
  static func environment() -> [String: String] {
    var result: [String: String] = [:]
    for name in ["MASKSUB_HOME", "NO_COLOR", "TERM", "LC_ALL", "LC_CTYPE", "LANG"] {
      if let value = getenv(name) { result[name] = String(cString: value) }
    }
    return result
  }
}

private func systemWrite(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) -> Int {
  write(descriptor, bytes.baseAddress, bytes.count)
}
private func systemRead(_ descriptor: Int32, _ buffer: UnsafeMutableRawBufferPointer) -> Int {
  read(descriptor, buffer.baseAddress, buffer.count)
}
