import SubCore

extension JSON {
  /// How deep arrays and objects may nest.
  public static let depthLimit = 128

  /// Reads one strict JSON text in UTF-8: no comments, no trailing commas, no NaN, no repeated keys.
  ///
  /// Throws an `InputError` that names `place`, the line and the byte offset. `line`: the text's first line in that place.
  public static func parse(_ bytes: UnsafeRawBufferPointer, at place: String, line: Int = 1) throws -> JSON {
    var parser = JSONParser(bytes: bytes, place: place, firstLine: line)
    return try parser.document()
  }

  /// Reads one strict JSON text.
  public static func parse(_ text: String, at place: String) throws -> JSON {
    var text = text
    return try text.withUTF8 { try parse(UnsafeRawBufferPointer($0), at: place) }
  }

  /// Reads a JSON file.
  public static func read(_ path: String) throws -> JSON {
    let buffer = try InputFile.contents(path)
    return try withExtendedLifetime(buffer) { try parse(buffer.bytes, at: path) }
  }
}

/// A recursive-descent parser over bytes; it reads each byte once and allocates only what it has read.
private struct JSONParser {
  let bytes: UnsafeRawBufferPointer
  let place: String
  let firstLine: Int
  var offset = 0
  var depth = 0

  init(bytes: UnsafeRawBufferPointer, place: String, firstLine: Int) {
    (self.bytes, self.place, self.firstLine) = (bytes, place, firstLine)
  }

  mutating func document() throws -> JSON {
    skipSpace()
    let value = try value()
    skipSpace()
    guard offset == bytes.count else { throw failure("more text after the JSON value") }
    return value
  }

  mutating func value() throws -> JSON {
    guard let byte = peek else { throw failure("the JSON text ends in the middle of a value") }
    switch byte {
    case UInt8(ascii: "{"): return .object(try nested { try $0.object() })
    case UInt8(ascii: "["): return .array(try nested { try $0.array() })
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t"): return try word("true", .bool(true))
    case UInt8(ascii: "f"): return try word("false", .bool(false))
    case UInt8(ascii: "n"): return try word("null", .null)
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try number()
    default: throw failure("no JSON value starts like this")
    }
  }

  private mutating func nested<Value>(_ body: (inout JSONParser) throws -> Value) throws -> Value {
    guard depth < JSON.depthLimit else { throw failure("JSON nested deeper than \(JSON.depthLimit) levels") }
    depth += 1
    defer { depth -= 1 }
    offset += 1
    return try body(&self)
  }

  private mutating func object() throws -> JSON.Object {
    var object = JSON.Object()
    skipSpace()
    if take("}") { return object }
    while true {
      skipSpace()
      let start = offset
      guard peek == UInt8(ascii: "\"") else { throw failure("a JSON object needs a quoted key here") }
      let key = try string()
      skipSpace()
      guard take(":") else { throw failure("a colon is missing after a JSON key") }
      skipSpace()
      guard object.add(key, try value()) else { throw failure("the JSON key '\(key)' occurs twice", at: start) }
      skipSpace()
      if take("}") { return object }
      guard take(",") else { throw failure("a comma or } is missing in a JSON object") }
    }
  }

  private mutating func array() throws -> [JSON] {
    var array: [JSON] = []
    skipSpace()
    if take("]") { return array }
    while true {
      skipSpace()
      array.append(try value())
      skipSpace()
      if take("]") { return array }
      guard take(",") else { throw failure("a comma or ] is missing in a JSON array") }
    }
  }

  private mutating func word(_ text: StaticString, _ value: JSON) throws -> JSON {
    let length = text.utf8CodeUnitCount
    guard offset + length <= bytes.count,
      bytes[offset..<(offset + length)].elementsEqual(UnsafeBufferPointer(start: text.utf8Start, count: length))
    else { throw failure("no JSON value starts like this") }
    offset += length
    return value
  }

  private mutating func number() throws -> JSON {
    let start = offset
    _ = take("-")
    let digits = offset
    let whole = skipDigits()
    guard whole > 0, whole == 1 || bytes[digits] != UInt8(ascii: "0") else {
      throw failure("bad JSON number", at: start)
    }
    var isInteger = true
    if take(".") {
      isInteger = false
      guard skipDigits() > 0 else { throw failure("bad JSON number", at: start) }
    }
    if take("e") || take("E") {
      isInteger = false
      _ = take("+") || take("-")
      guard skipDigits() > 0 else { throw failure("bad JSON number", at: start) }
    }
    let text = String(decoding: bytes[start..<offset], as: UTF8.self)
    // -0 is a number of its own that no integer can hold.
    if isInteger, let value = Int64(text), value != 0 || bytes[start] != UInt8(ascii: "-") { return .integer(value) }
    guard let value = Double(text), value.isFinite else { throw failure("JSON number out of range", at: start) }
    return .number(value)
  }

  private mutating func string() throws -> String {
    offset += 1
    let start = offset
    skipPlain()
    if peek == UInt8(ascii: "\"") {  // by far the most frequent: nothing to unescape
      defer { offset += 1 }
      return try text(UnsafeBufferPointer(rebasing: bytes.bindMemory(to: UInt8.self)[start..<offset]), from: start)
    }
    var unescaped = Array(bytes[start..<offset])
    while true {
      let run = offset
      skipPlain()
      unescaped.append(contentsOf: bytes[run..<offset])
      switch peek {
      case UInt8(ascii: "\""):
        offset += 1
        return try unescaped.withUnsafeBufferPointer { try text($0, from: start) }
      case UInt8(ascii: "\\"):
        try unescaped.append(contentsOf: String(escape()).utf8)
      case nil: throw failure("a JSON string has no end", at: start)
      default: throw failure("a control character inside a JSON string")
      }
    }
  }

  private func text(_ bytes: UnsafeBufferPointer<UInt8>, from start: Int) throws -> String {
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw failure("a JSON string is not valid UTF-8", at: start)
    }
    return text
  }

  private mutating func escape() throws -> Unicode.Scalar {
    let start = offset
    guard offset + 1 < bytes.count else { throw failure("a JSON string has no end") }
    let code = bytes[offset + 1]
    offset += 2
    switch code {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(code)
    case UInt8(ascii: "b"): return "\u{8}"
    case UInt8(ascii: "f"): return "\u{c}"
    case UInt8(ascii: "n"): return "\n"
    case UInt8(ascii: "r"): return "\r"
    case UInt8(ascii: "t"): return "\t"
    case UInt8(ascii: "u"):
      let first = try unit(start)
      if let scalar = Unicode.Scalar(first) { return scalar }
      guard first < 0xdc00, take("\\"), take("u") else { throw failure("half a surrogate pair", at: start) }
      let second = try unit(start)
      guard (0xdc00..<0xe000).contains(second),
        let scalar = Unicode.Scalar(0x10000 + (first - 0xd800) << 10 + (second - 0xdc00))
      else { throw failure("half a surrogate pair", at: start) }
      return scalar
    default: throw failure("unknown escape in a JSON string", at: start)
    }
  }

  /// Four hexadecimal digits.
  private mutating func unit(_ start: Int) throws -> UInt32 {
    guard offset + 4 <= bytes.count else { throw failure("a JSON string has no end", at: start) }
    var value: UInt32 = 0
    for byte in bytes[offset..<(offset + 4)] {
      guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
        throw failure("four hexadecimal digits must follow \\u", at: start)
      }
      value = value << 4 | UInt32(digit)
    }
    offset += 4
    return value
  }

  private var peek: UInt8? { offset < bytes.count ? bytes[offset] : nil }

  private mutating func take(_ character: Unicode.Scalar) -> Bool {
    guard peek == UInt8(ascii: character) else { return false }
    offset += 1
    return true
  }

  private mutating func skipDigits() -> Int {
    let start = offset
    while let byte = peek, byte >= 0x30, byte <= 0x39 { offset += 1 }
    return offset - start
  }

  private mutating func skipPlain() {
    while let byte = peek, byte >= 0x20, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\") { offset += 1 }
  }

  private mutating func skipSpace() {
    while let byte = peek, byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09 { offset += 1 }
  }

  private func failure(_ what: String, at offset: Int? = nil) -> InputError {
    let offset = offset ?? self.offset
    let line = bytes[..<offset].reduce(firstLine) { $1 == 0x0a ? $0 + 1 : $0 }
    return InputError(
      what, at: "\(place), line \(line), byte \(offset)",
      cure: "correct the file there, or get it again from its source")
  }
}
