/// Splits a cleaned caption into the pieces that byte-pair encoding works on: special strings, contraction endings,
/// runs of letters, single numbers, runs of anything else that is not white space; the first that matches wins.
enum CaptionPieces {
  enum Piece: Equatable {
    case start, end
    /// A half-open range of bytes.
    case word(Range<Int>)
  }

  static let startText = "<start_of_text>"
  static let endText = "<end_of_text>"
  private static let specials = [(Array(startText.utf8), Piece.start), (Array(endText.utf8), Piece.end)]
  private static let contractions = ["s", "t", "re", "ve", "m", "ll", "d"].map { Array($0.utf8) }

  private enum Kind: UInt8 { case space, letter, number, other }

  /// Calls `body` with every piece, in order.
  static func forEach(in bytes: UnsafeBufferPointer<UInt8>, _ body: (Piece) -> Void) {
    var position = 0
    while position < bytes.count {
      let byte = bytes[position]
      if byte == 0x3c, let (piece, end) = special(bytes, position) {
        body(piece)
        position = end
        continue
      }
      if byte == 0x27, let end = contraction(bytes, position) {
        body(.word(position..<end))
        position = end
        continue
      }
      var (kind, end) = character(bytes, position)
      switch kind {
      case .space: break
      case .number: body(.word(position..<end))
      case .letter, .other:
        while end < bytes.count {
          let (next, after) = character(bytes, end)
          if next != kind { break }
          end = after
        }
        body(.word(position..<end))
      }
      position = end
    }
  }

  private static func special(_ bytes: UnsafeBufferPointer<UInt8>, _ start: Int) -> (Piece, Int)? {
    for (text, piece) in specials {
      guard let end = match(text, bytes, start) else { continue }
      // With a long s in it, the string matches but is no special one.
      return end - start == text.count ? (piece, end) : (.word(start..<end), end)
    }
    return nil
  }

  private static func contraction(_ bytes: UnsafeBufferPointer<UInt8>, _ start: Int) -> Int? {
    for ending in contractions {
      if let end = match(ending, bytes, start + 1) { return end }
    }
    return nil
  }

  /// Case does not count, which after lower-casing leaves the long s (U+017F), equal to s.
  private static func match(_ text: [UInt8], _ bytes: UnsafeBufferPointer<UInt8>, _ start: Int) -> Int? {
    var position = start
    for expected in text {
      guard position < bytes.count else { return nil }
      if bytes[position] == expected {
        position += 1
      } else if expected == 0x73, bytes[position] == 0xc5, position + 1 < bytes.count, bytes[position + 1] == 0xbf {
        position += 2
      } else {
        return nil
      }
    }
    return position
  }

  private static func character(_ bytes: UnsafeBufferPointer<UInt8>, _ start: Int) -> (Kind, Int) {
    let lead = bytes[start]
    if lead < 0x80 { return (kinds[Int(lead)], start + 1) }
    let length = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4
    var value = UInt32(lead) & (0xff >> UInt32(length + 1))
    for offset in 1..<length { value = value << 6 | UInt32(bytes[start + offset] & 0x3f) }
    return (value < 0x10000 ? kinds[Int(value)] : kind(value), start + length)
  }

  private static let kinds: [Kind] = (0..<0x10000).map { kind($0) }

  private static func kind(_ value: UInt32) -> Kind {
    guard let properties = Unicode.Scalar(value)?.properties else { return .other }
    // The combining iota is the one character that the case-insensitive pattern of open_clip matches nowhere.
    if value == 0x345 { return .space }
    switch properties.generalCategory {
    case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter: return .letter
    case .decimalNumber, .letterNumber, .otherNumber: return .number
    case .unassigned:
      if newerLetters.contains(where: { $0.contains(value) }) { return .letter }
      return newerNumbers.contains(where: { $0.contains(value) }) ? .number : .other
    default: return properties.isWhitespace ? .space : .other
    }
  }

  /// Unicode 18, which open_clip's `regex` 2026.11 knows and a standard library of Unicode 17 does not.
  private static let newerLetters: [ClosedRange<UInt32>] = [
    0x558...0x558, 0x58b...0x58c, 0x208f...0x208f, 0x209d...0x209f, 0xa7dd...0xa7dd, 0xa7e2...0xa7e2, 0xab6c...0xab6d,
    0x107bb...0x107bf, 0x10ed9...0x10eee, 0x11b0a...0x11b0a, 0x11df1...0x11df1, 0x18cd6...0x18cda, 0x18d1f...0x18d20,
    0x18e00...0x19191, 0x191a0...0x191d2, 0x1b123...0x1b128, 0x1b168...0x1b168, 0x1d6a6...0x1d6a6, 0x1df1f...0x1df24,
    0x1df2b...0x1df81, 0x1df90...0x1df96, 0x1dfcd...0x1dfff, 0x2b81e...0x2b81e, 0x3d000...0x3fc3f,
  ]
  private static let newerNumbers: [ClosedRange<UInt32>] = [0x1246f...0x1246f, 0x12475...0x1247f, 0x12550...0x12686]
}
