import SubCore

/// The header of a `.npy` file: magic, version, length, and a Python dictionary with type, order and shape.
struct NpyHeader {
  let dtype: DType
  let shape: [Int]
  let isFortran: Bool
  /// Whether the bytes of each element are in the other order than the machine's.
  let isSwapped: Bool
  /// Where the data begin, from the start of the header.
  let byteCount: Int

  /// The data's size as the header claims it; it does not overflow.
  var dataSize: Int { ClaimedSize.bytes(shape, dtype.size) ?? 0 }
  static let magic: [UInt8] = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59]  // \x93NUMPY
  /// Longer headers are refused: no shape of numbers needs this many bytes.
  static let limit = 1 << 16

  /// How many bytes the whole header takes, told by its first 12 bytes.
  static func byteCount(_ reader: inout ByteReader) throws -> Int {
    let start = reader.offset
    guard reader.remaining >= 10, reader.bytes(try reader.take(6)).elementsEqual(magic) else {
      throw reader.failure("this is no .npy file", at: start, cure: "use a file that numpy.save wrote")
    }
    let major = try reader.byte()
    let minor = try reader.byte()
    guard (1...3).contains(major), minor == 0 else {
      throw reader.failure(
        "version \(major).\(minor) of the .npy format is unknown", at: start + 6, cure: "save it with numpy.save again")
    }
    let length = major == 1 ? try reader.size(UInt16.self) : try reader.size(UInt32.self)
    guard length <= limit else {
      throw reader.failure(
        "the .npy header claims \(length) bytes", at: start + 8, cure: "use an array of plain numbers")
    }
    return reader.offset - start + length
  }

  /// Reads the header and leaves the reader at the data.
  init(_ reader: inout ByteReader) throws {
    let start = reader.offset
    byteCount = try Self.byteCount(&reader)
    let range = try reader.take(start + byteCount - reader.offset)
    guard let text = reader.text(range) else {
      throw reader.failure("the .npy header is no text", at: range.lowerBound)
    }
    var parser = PythonLiteral(text: Array(text.utf8))
    guard let fields = parser.dictionary(), fields.count == 3, let description = fields["descr"],
      case .truth(let isFortran)? = fields["fortran_order"], case .tuple(let lengths)? = fields["shape"]
    else {
      throw reader.failure("the .npy header is no dictionary of descr, fortran_order and shape", at: range.lowerBound)
    }
    guard case .text(let type) = description else {
      throw reader.failure(
        "records cannot be read", at: range.lowerBound, cure: "save every field as an array of its own")
    }
    (dtype, isSwapped) = try Self.type(type, reader, at: range.lowerBound)
    shape = lengths
    self.isFortran = isFortran
    guard ClaimedSize.bytes(shape, dtype.size) != nil else {
      throw reader.failure("the shape \(ClaimedSize.text(shape)) is impossibly large", at: range.lowerBound)
    }
  }

  /// `<f4`, `>i8`, `|b1`, … as type and whether its bytes need to change places.
  private static func type(_ text: String, _ reader: ByteReader, at offset: Int) throws -> (DType, Bool) {
    let order = text.first.map { "<>|=".contains($0) } == true ? text.first : nil
    let name = String(order == nil ? Substring(text) : text.dropFirst())
    let dtype: DType? =
      switch name {
      case "f8": .f64
      case "f4": .f32
      case "f2": .f16
      case "i8": .i64
      case "i4": .i32
      case "i2": .i16
      case "i1": .i8
      case "u8": .u64
      case "u4": .u32
      case "u2": .u16
      case "u1": .u8
      case "b1", "?": .bool
      default: nil
      }
    guard let dtype else {
      let kind =
        switch name.first {
        case "O": "Python objects"
        case "U", "S", "a": "strings"
        case "c": "complex numbers"
        case "M", "m": "dates and times"
        case "V": "raw bytes or a type foreign to NumPy (bfloat16 among them)"
        default: "numbers of type '\(text.prefix(20))'"
        }
      throw reader.failure(
        "\(kind) cannot be read", at: offset, cure: "save it as an array of numbers, float32 for instance")
    }
    let isLittle = order == "<" || order == "|" || (order != ">" && Int(littleEndian: 1) == 1)
    return (dtype, dtype.size > 1 && isLittle != (Int(littleEndian: 1) == 1))
  }
}

/// The few Python literals of a `.npy` header. Every function is nil where the text is something else.
private struct PythonLiteral {
  enum Value {
    case text(String)
    case truth(Bool)
    case tuple([Int])
    case list
  }

  let text: [UInt8]
  private var offset = 0

  init(text: [UInt8]) { self.text = text }

  /// The whole text as a dictionary with string keys, blanks around it.
  mutating func dictionary() -> [String: Value]? {
    var fields: [String: Value] = [:]
    guard take("{") else { return nil }
    while !take("}") {
      guard let key = string(), take(":"), let value = value(), fields.updateValue(value, forKey: key) == nil else {
        return nil
      }
      if !take(",") {
        guard take("}") else { return nil }
        break
      }
    }
    skipSpace()
    return offset == text.count ? fields : nil
  }

  private mutating func value() -> Value? {
    skipSpace()
    switch offset < text.count ? text[offset] : 0 {
    case UInt8(ascii: "'"), UInt8(ascii: "\""): return string().map { .text($0) }
    case UInt8(ascii: "("): return tuple().map { .tuple($0) }
    case UInt8(ascii: "["): return skipList() ? .list : nil
    default: return word("True") ? .truth(true) : word("False") ? .truth(false) : nil
    }
  }

  private mutating func string() -> String? {
    skipSpace()
    guard offset < text.count, text[offset] == UInt8(ascii: "'") || text[offset] == UInt8(ascii: "\"") else {
      return nil
    }
    let quote = text[offset]
    guard let end = text[(offset + 1)...].firstIndex(where: { $0 == quote || $0 == UInt8(ascii: "\\") }),
      text[end] == quote
    else { return nil }
    defer { offset = end + 1 }
    return String(decoding: text[(offset + 1)..<end], as: UTF8.self)
  }

  private mutating func tuple() -> [Int]? {
    guard take("(") else { return nil }
    var lengths: [Int] = []
    while !take(")") {
      skipSpace()
      let digits = text[offset...].prefix { $0 >= 0x30 && $0 <= 0x39 }
      guard let length = Int(String(decoding: digits, as: UTF8.self)) else { return nil }
      offset += digits.count
      _ = take("L")  // Python 2 wrote long integers so
      lengths.append(length)
      if !take(",") {
        // `(3)` is no tuple, but nothing else can be meant.
        guard take(")") else { return nil }
        break
      }
    }
    return lengths
  }

  /// A record type: skipped to its closing bracket, only to say what it is.
  private mutating func skipList() -> Bool {
    var depth = 0
    while offset < text.count {
      if text[offset] == UInt8(ascii: "[") { depth += 1 }
      if text[offset] == UInt8(ascii: "]") { depth -= 1 }
      offset += 1
      if depth == 0 { return true }
    }
    return false
  }

  private mutating func word(_ word: String) -> Bool {
    guard text[offset...].starts(with: word.utf8) else { return false }
    offset += word.utf8.count
    return true
  }

  private mutating func take(_ character: Unicode.Scalar) -> Bool {
    skipSpace()
    guard offset < text.count, text[offset] == UInt8(ascii: character) else { return false }
    offset += 1
    return true
  }

  private mutating func skipSpace() {
    while offset < text.count, [0x20, 0x0a, 0x0d, 0x09].contains(text[offset]) { offset += 1 }
  }
}
