import SubCore
import SubTrain

/// Lines of standard input, one at a time, without their LF. What stands before the next read is sent out first, so
/// that a program which writes a line and waits for the answer gets it.
struct LineInput {
  /// Calls `body` with every line's number (from 1) and bytes. A last line without LF counts.
  static func forEach(
    from console: Console, _ body: (_ number: Int, _ line: UnsafeBufferPointer<UInt8>) throws -> Void
  ) throws {
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 16)
    defer { buffer.deallocate() }
    // The part of a line that came with earlier reads.
    var begun: [UInt8] = []
    var number = 1
    while true {
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
