extension JSON {
  /// The value as JSON text in UTF-8: members in their order, numbers in the shortest form that reads back to the same
  /// bits, NaN and infinities as null. On one line, or with `indent` spaces per level.
  public func text(indent: Int? = nil) -> String { String(decoding: bytes(indent: indent), as: UTF8.self) }

  /// The bytes of `text(indent:)`.
  public func bytes(indent: Int? = nil) -> [UInt8] {
    var bytes: [UInt8] = []
    write(to: &bytes, indent: indent, level: 0)
    return bytes
  }

  private func write(to bytes: inout [UInt8], indent: Int?, level: Int) {
    switch self {
    case .null: bytes.append(contentsOf: "null".utf8)
    case .bool(let value): bytes.append(contentsOf: (value ? "true" : "false").utf8)
    case .integer(let value): bytes.append(contentsOf: value.description.utf8)
    case .number(let value): bytes.append(contentsOf: (value.isFinite ? value.description : "null").utf8)
    case .string(let value): Self.write(value, to: &bytes)
    case .array(let elements):
      // Rows of numbers stay on their line: a shape or a list of ids is one thing to the eye.
      let isFlat = elements.allSatisfy { $0.array == nil && $0.object == nil }
      Self.write(elements, in: ("[", "]"), to: &bytes, indent: isFlat ? nil : indent, level: level) {
        $0.write(to: &$1, indent: indent, level: level + 1)
      }
    case .object(let object):
      Self.write(object.members, in: ("{", "}"), to: &bytes, indent: indent, level: level) { member, bytes in
        Self.write(member.key, to: &bytes)
        bytes.append(contentsOf: (indent == nil ? ":" : ": ").utf8)
        member.value.write(to: &bytes, indent: indent, level: level + 1)
      }
    }
  }

  private static func write<Item>(
    _ items: [Item], in brackets: (Unicode.Scalar, Unicode.Scalar), to bytes: inout [UInt8], indent: Int?, level: Int,
    item: (Item, inout [UInt8]) -> Void
  ) {
    func newLine(_ level: Int) {
      guard let indent, !items.isEmpty else { return }
      bytes.append(UInt8(ascii: "\n"))
      bytes.append(contentsOf: repeatElement(UInt8(ascii: " "), count: indent * level))
    }
    bytes.append(UInt8(ascii: brackets.0))
    for (position, element) in items.enumerated() {
      if position > 0 { bytes.append(UInt8(ascii: ",")) }
      newLine(level + 1)
      item(element, &bytes)
    }
    newLine(level)
    bytes.append(UInt8(ascii: brackets.1))
  }

  private static func write(_ text: String, to bytes: inout [UInt8]) {
    bytes.append(UInt8(ascii: "\""))
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "\""): bytes.append(contentsOf: #"\""#.utf8)
      case UInt8(ascii: "\\"): bytes.append(contentsOf: #"\\"#.utf8)
      case 0x0a: bytes.append(contentsOf: #"\n"#.utf8)
      case 0x0d: bytes.append(contentsOf: #"\r"#.utf8)
      case 0x09: bytes.append(contentsOf: #"\t"#.utf8)
      case 0..<0x20:
        bytes.append(contentsOf: (byte < 0x10 ? #"\u000"# : #"\u00"#).utf8)
        bytes.append(contentsOf: String(byte, radix: 16).utf8)
      default: bytes.append(byte)
      }
    }
    bytes.append(UInt8(ascii: "\""))
  }
}
