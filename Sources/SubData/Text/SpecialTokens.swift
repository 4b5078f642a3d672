/// A token that is looked for in text before it is split into words.
public struct AddedToken: Sendable, Equatable {
  /// As it stands in text.
  public var content: String
  /// Its id.
  public var id: Int32
  /// Whether it must not touch letters or digits.
  public var isWord = false
  /// Whether it is looked for in normalised text, itself normalised, rather than in the text as it is.
  public var isNormalized = false
  /// Whether it is no text: masking leaves it alone.
  public var isSpecial = false

  /// A token that is looked for in the text as it is, anywhere.
  public init(_ content: String, id: Int32) { (self.content, self.id) = (content, id) }
}

/// BERT's special tokens, as they stand in raw text.
enum SpecialTokens {
  /// Their names, in the order in which a new vocabulary lists them.
  static let names = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
}

/// Finds tokens in text: the leftmost, of those the longest, as Hugging Face's tokenizers do.
struct TokenFinder: Sendable {
  private typealias Entry = (bytes: [UInt8], id: Int32, isWord: Bool)
  /// By their first byte, longer ones first.
  private var entries = [[Entry]](repeating: [], count: 256)
  private(set) var isEmpty = true

  /// `form`: what becomes of a token's text before it is looked for.
  init(_ tokens: [AddedToken], form: (String) -> [UInt8] = { Array($0.utf8) }) {
    for token in tokens {
      let bytes = form(token.content)
      guard let first = bytes.first else { continue }
      entries[Int(first)].append((bytes, token.id, token.isWord))
      isEmpty = false
    }
    for index in entries.indices { entries[index].sort { $0.bytes.count > $1.bytes.count } }
  }

  /// Cuts the tokens out of UTF-8 text, even inside a word: calls `text` with what lies between them, perhaps nothing, and
  /// `token` with the id of each.
  func split(
    _ bytes: UnsafeBufferPointer<UInt8>, text: (UnsafeBufferPointer<UInt8>) -> Void, token: (Int32) -> Void
  ) {
    var (start, index) = (0, 0)
    while index < bytes.count {
      guard let found = entries[Int(bytes[index])].first(where: { bytes[index...].starts(with: $0.bytes) }) else {
        index += 1
        continue
      }
      let end = index + found.bytes.count
      if !found.isWord || Self.standsAlone(index..<end, in: bytes) {
        text(UnsafeBufferPointer(rebasing: bytes[start..<index]))
        token(found.id)
        start = end
      }
      index = end
    }
    text(UnsafeBufferPointer(rebasing: bytes[start...]))
  }

  /// Whether neither side of a range touches a letter, a digit, a mark or an underscore.
  private static func standsAlone(_ range: Range<Int>, in bytes: UnsafeBufferPointer<UInt8>) -> Bool {
    let before = String(decoding: bytes[max(0, range.lowerBound - 4)..<range.lowerBound], as: UTF8.self)
    let after = String(decoding: bytes[range.upperBound..<min(bytes.count, range.upperBound + 4)], as: UTF8.self)
    return !(before.unicodeScalars.last.map(isWordPart) ?? false)
      && !(after.unicodeScalars.first.map(isWordPart) ?? false)
  }

  private static func isWordPart(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .decimalNumber, .connectorPunctuation, .nonspacingMark, .spacingMark, .enclosingMark: true
    default: scalar.properties.isAlphabetic || scalar.properties.isJoinControl
    }
  }
}
