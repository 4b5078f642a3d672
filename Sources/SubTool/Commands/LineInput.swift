import SubCore

/// Lines of standard input, one at a time, without their LF. What stands before the next read is sent out first, so
/// that a program which writes a line and waits for the answer gets it.
struct LineInput {
  /// Calls `body` with every line's number (from 1) and text, a CR at its end left out, and `pause` before input is waited
  /// for and at its end.
  static func forEachText(
    from console: Console, pause: () throws -> Void = {}, _ body: (_ number: Int, _ text: String) throws -> Void
  ) throws {
    try forEach(from: console, pause: pause) { number, line in
      let bytes = line.last == UInt8(ascii: "\r") ? line.dropLast() : line[...]
      guard let text = String(validating: bytes, as: UTF8.self) else {
        throw InputError("not UTF-8 text", at: "standard input, line \(number)", cure: "convert the text to UTF-8")
      }
      try body(number, text)
    }
    try pause()
  }

  /// Calls `body` with every line's number (from 1) and bytes. A last line without LF counts.
  static func forEach(
    from console: Console, pause: () throws -> Void = {},
    _ body: (_ number: Int, _ line: UnsafeBufferPointer<UInt8>) throws -> Void
  ) throws {
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 16)
    defer { buffer.deallocate() }
    // The part of a line that came with earlier reads.
    var begun: [UInt8] = []
    var number = 1
    while true {
      try pause()
      try console.flush()
      let count = try console.read(into: buffer)
      if count == 0 { break }
      var rest = UnsafeRawBufferPointer(rebasing: buffer[..<count]).bindMemory(to: UInt8.self)
      while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
        let piece = UnsafeBufferPointer(rebasing: rest[..<end])
        if begun.isEmpty {
          try body(number, piece)
        } else {
          begun.append(contentsOf: piece)
          try begun.withUnsafeBufferPointer { try body(number, $0) }
          begun.removeAll(keepingCapacity: true)
        }
        number += 1
        rest = UnsafeBufferPointer(rebasing: rest[(end + 1)...])
      }
      begun.append(contentsOf: rest)
    }
    if !begun.isEmpty { try begun.withUnsafeBufferPointer { try body(number, $0) } }
  }
}
