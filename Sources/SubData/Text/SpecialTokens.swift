/// BERT's special tokens, as they stand in raw text.
enum SpecialTokens {
  /// Their names, in the order in which a new vocabulary lists them.
  static let names = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
  private static let bytes = names.map { Array($0.utf8) }

  /// Cuts the special tokens out of UTF-8 text, even inside a word: calls `text` with what lies between them, perhaps
  /// nothing, and `special` with the position of each in `names`.
  static func split(
    _ bytes: UnsafeBufferPointer<UInt8>, text: (UnsafeBufferPointer<UInt8>) -> Void, special: (Int) -> Void
  ) {
    var start = 0
    var index = 0
    while index < bytes.count {
      guard bytes[index] == UInt8(ascii: "["),
        let found = Self.bytes.firstIndex(where: { bytes[index...].starts(with: $0) })
      else {
        index += 1
        continue
      }
      text(UnsafeBufferPointer(rebasing: bytes[start..<index]))
      special(found)
      index += Self.bytes[found].count
      start = index
    }
    text(UnsafeBufferPointer(rebasing: bytes[start...]))
  }
}
