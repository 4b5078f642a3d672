import SubCore

/// Reads little-endian numbers from a part of a file, front to back, and never beyond its end.
struct ByteReader {
  let buffer: HostBuffer
  /// The file, for errors.
  let place: String
  /// Where the buffer begins in the file; all offsets count from the file's start.
  let origin: Int
  /// Where the next read begins.
  var offset: Int
  /// Where the part ends.
  let end: Int

  init(_ buffer: HostBuffer, place: String, range: Range<Int>? = nil, origin: Int = 0) {
    let whole = origin..<(origin + buffer.bytes.count)
    let range = range ?? whole
    precondition(whole.contains(range) || range.isEmpty, "ByteReader: range \(range) of \(whole)")
    (self.buffer, self.place, self.origin) = (buffer, place, origin)
    offset = range.lowerBound
    end = range.upperBound
  }

  var remaining: Int { end - offset }

  /// Where the next read begins in the buffer.
  var position: Int { offset - origin }

  /// The next `count` bytes as a range of the file.
  mutating func take(_ count: Int) throws -> Range<Int> {
    guard count >= 0, count <= remaining else {
      throw failure("the file ends too early: \(count) bytes expected, \(remaining) left")
    }
    defer { offset += count }
    return offset..<(offset + count)
  }

  /// The next number.
  mutating func integer<Number: FixedWidthInteger & BitwiseCopyable>(_ type: Number.Type) throws -> Number {
    let range = try take(MemoryLayout<Number>.size)
    return Number(littleEndian: buffer.bytes.loadUnaligned(fromByteOffset: range.lowerBound - origin, as: type))
  }

  /// The next unsigned 16, 32 or 64 bits as an `Int`.
  mutating func size<Number: FixedWidthInteger & BitwiseCopyable>(_ type: Number.Type) throws -> Int {
    let start = offset
    let value = try integer(type)
    guard let size = Int(exactly: value), size >= 0 else { throw failure("impossible size \(value)", at: start) }
    return size
  }

  /// The next byte.
  mutating func byte() throws -> UInt8 { try integer(UInt8.self) }

  /// Bytes that were taken.
  func bytes(_ range: Range<Int>) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(rebasing: buffer.bytes[(range.lowerBound - origin)..<(range.upperBound - origin)])
  }

  /// Bytes that were taken, as text; nil where they are not UTF-8.
  func text(_ range: Range<Int>) -> String? { String(validating: bytes(range), as: UTF8.self) }

  /// An error at the present offset or the given one.
  func failure(
    _ what: String, at offset: Int? = nil, cure: String = "get the file again; it is damaged"
  ) -> InputError {
    InputError(what, at: "\(place), byte \(offset ?? self.offset)", cure: cure)
  }
}
