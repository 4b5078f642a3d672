/// Character references: `&amp;`, `&#39;`, `&#x1F600;`, and the HTML5 names that also count without a semicolon.
enum HTMLEntities {
  /// Names without semicolon -> characters.
  private static let names = parse(HTMLEntityTable.names)
  /// Names that also count without a semicolon.
  private static let legacy = parse(HTMLEntityTable.names, only: "~")
  private static let shouted = parse(HTMLEntityTable.shouted)
  private static let ampersand = UInt32(0x26), semicolon = UInt32(0x3b), hash = UInt32(0x23)

  private static func parse(_ table: String, only mark: Character? = nil) -> [[UInt32]: [UInt32]] {
    var result: [[UInt32]: [UInt32]] = [:]
    for word in table.split(whereSeparator: \.isWhitespace) {
      let split = word.firstIndex { $0 == "=" || $0 == "~" }!
      if let mark, word[split] != mark { continue }
      let characters = word[word.index(after: split)...].split(separator: "+").map { UInt32($0, radix: 16)! }
      result[word[..<split].unicodeScalars.map(\.value)] = characters
    }
    return result
  }

  /// As Python's `html.unescape`.
  static func unescape(_ text: [UInt32]) -> [UInt32] {
    guard text.contains(ampersand) else { return text }
    var result: [UInt32] = []
    result.reserveCapacity(text.count)
    var index = 0
    while index < text.count {
      if text[index] == ampersand, let (characters, end) = number(text, index) ?? name(text, index) {
        result += characters
        index = end
      } else {
        result.append(text[index])
        index += 1
      }
    }
    return result
  }

  /// As ftfy's own step: references must end in a semicolon; lower-case names may be written in capitals.
  static func unescapeStrictly(_ text: [UInt32]) -> [UInt32] {
    guard text.contains(ampersand) else { return text }
    var result: [UInt32] = []
    result.reserveCapacity(text.count)
    var index = 0
    while index < text.count {
      if text[index] == ampersand, let end = strictEnd(text, index) {
        result += strict(Array(text[index..<end]))
        index = end
      } else {
        result.append(text[index])
        index += 1
      }
    }
    return result
  }

  private static func strictEnd(_ text: [UInt32], _ start: Int) -> Int? {
    var end = start + 1
    if end < text.count, text[end] == hash { end += 1 }
    let first = end
    while end < text.count, end - first < 24, isAlphanumeric(text[end]) { end += 1 }
    return end > first && end < text.count && text[end] == semicolon ? end + 1 : nil
  }

  private static func strict(_ reference: [UInt32]) -> [UInt32] {
    let name = Array(reference[1..<(reference.count - 1)])
    if let characters = names[name] ?? shouted[name] { return characters }
    guard name.first == hash else { return reference }
    let characters = unescape(reference)
    return characters.contains(semicolon) ? reference : characters
  }

  private static func isAlphanumeric(_ value: UInt32) -> Bool {
    isDigit(value) || (value >= 0x41 && value <= 0x5a) || (value >= 0x61 && value <= 0x7a)
  }
  private static func isDigit(_ value: UInt32) -> Bool { value >= 0x30 && value <= 0x39 }

  /// A numeric reference at `start`: its characters and where it ends.
  private static func number(_ text: [UInt32], _ start: Int) -> ([UInt32], Int)? {
    guard start + 2 < text.count, text[start + 1] == hash else { return nil }
    var end = start + 2
    let isHex = text[end] == 0x78 || text[end] == 0x58
    if isHex { end += 1 }
    let first = end
    var value: UInt32 = 0
    while end < text.count, let digit = hexDigit(text[end]), isHex || digit < 10 {
      value = min(value &* (isHex ? 16 : 10) &+ digit, 0x110000)
      end += 1
    }
    guard end > first else { return nil }
    if end < text.count, text[end] == semicolon { end += 1 }
    return (character(value), end)
  }

  private static func hexDigit(_ value: UInt32) -> UInt32? {
    switch value {
    case 0x30...0x39: value - 0x30
    case 0x41...0x46: value - 0x41 + 10
    case 0x61...0x66: value - 0x61 + 10
    default: nil
    }
  }

  private static func character(_ value: UInt32) -> [UInt32] {
    switch value {
    case 0, 0xd800...0xdfff, 0x110000...: [0xfffd]
    case 0x0d: [0x0d]
    case 0x80...0x9f: [SingleByteEncoding.windows1252.upper[Int(value) - 0x80]]
    case 0x01...0x08, 0x0b, 0x0e...0x1f, 0x7f, 0xfdd0...0xfdef: []
    case _ where value & 0xfffe == 0xfffe: []
    default: [value]
    }
  }

  /// A named reference at `start`: the whole name if it is one, else its longest beginning that is.
  private static func name(_ text: [UInt32], _ start: Int) -> ([UInt32], Int)? {
    var end = start + 1
    while end < text.count, end - start <= 32 {
      switch text[end] {
      case 0x09, 0x0a, 0x0c, 0x20, 0x23, 0x26, 0x3b, 0x3c: break
      default:
        end += 1
        continue
      }
      break
    }
    guard end > start + 1 else { return nil }
    if end < text.count, text[end] == semicolon, let characters = names[Array(text[(start + 1)..<end])] {
      return (characters, end + 1)
    }
    while end > start + 2 {
      if let characters = legacy[Array(text[(start + 1)..<end])] { return (characters, end) }
      end -= 1
    }
    return nil
  }
}
