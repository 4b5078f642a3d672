public import SubCore

/// BERT's WordPiece tokenizer: ids equal to those of Hugging Face's `BertTokenizerFast`.
///
/// The five special tokens are cut out of the raw text first, even inside a word; the rest is normalised and split into
/// words (`BertNormalizer`), and each word becomes its greedy longest pieces or, if any part of it has none or it is
/// longer than 100 scalars, one `[UNK]`.
public struct WordPieceTokenizer: Sendable {
  /// The pieces by id.
  public let vocabulary: [String]
  /// How text becomes words.
  public let normalizer: BertNormalizer
  /// The ids of `[PAD]`, `[UNK]`, `[CLS]`, `[SEP]` and `[MASK]`.
  public let padID, unknownID, clsID, sepID, maskID: Int32

  /// The special tokens, in the order in which a new vocabulary lists them.
  public static let specialTokens = SpecialTokens.names

  private let trie: PieceTrie
  private let specialIDs: [Int32]

  /// A tokenizer over pieces, whose positions are their ids; a piece that occurs twice has its last position.
  ///
  /// - Parameters:
  ///   - lowercase: whether text is lower-cased and stripped of accents (an uncased model).
  ///   - name: what the vocabulary is called in errors.
  /// - Throws: `InputError` if the vocabulary is empty or lacks a special token.
  public init(vocabulary: [String], lowercase: Bool, name: String) throws(InputError) {
    try self.init(vocabulary: vocabulary, normalizer: BertNormalizer(lowercase: lowercase), name: name)
  }

  /// A tokenizer over pieces with every switch of the normaliser.
  public init(vocabulary: [String], normalizer: BertNormalizer, name: String) throws(InputError) {
    guard !vocabulary.isEmpty else {
      throw InputError("empty vocabulary", at: name, cure: "give a vocab.txt with one token per line")
    }
    self.vocabulary = vocabulary
    self.normalizer = normalizer
    trie = PieceTrie(vocabulary)
    var ids: [Int32] = []
    for token in Self.specialTokens {
      guard let id = vocabulary.lastIndex(of: token) else {
        throw InputError(
          "the vocabulary lacks \(token)", at: name,
          cure: "give a BERT vocabulary, with \(Self.specialTokens.joined(separator: " "))")
      }
      ids.append(Int32(id))
    }
    specialIDs = ids
    (padID, unknownID, clsID, sepID, maskID) = (ids[0], ids[1], ids[2], ids[3], ids[4])
  }

  /// The ids of a text, without `[CLS]` and `[SEP]`.
  public func encode(_ text: String) -> [Int32] {
    var text = text
    var ids: [Int32] = []
    ids.reserveCapacity(text.utf8.count / 4 + 4)
    text.withUTF8 { bytes in
      SpecialTokens.split(bytes) {
        appendWords($0, to: &ids)
      } special: {
        ids.append(specialIDs[$0])
      }
    }
    return ids
  }

  /// A text or a pair as the model sees it, cut to `maxLength` tokens (special tokens included) from the right, the
  /// longer text first. An empty second text still adds its `[SEP]`; nil adds none. The special tokens always stay.
  public func encode(_ first: String, _ second: String? = nil, maxLength: Int? = nil) -> Encoding {
    let a = encode(first)
    guard let second else {
      let count = maxLength.map { min(a.count, max(0, $0 - 2)) } ?? a.count
      return Encoding(a[..<count], nil, cls: clsID, sep: sepID)
    }
    let b = encode(second)
    let lengths = maxLength.map { Encoding.lengths(a.count, b.count, budget: max(0, $0 - 3)) } ?? (a.count, b.count)
    return Encoding(a[..<lengths.0], b[..<lengths.1], cls: clsID, sep: sepID)
  }

  /// The pieces of ids. An id beyond the vocabulary is a programming error.
  public func tokens(of ids: [Int32]) -> [String] { ids.map { vocabulary[Int($0)] } }

  /// Whether an id is one of the five special tokens, `[UNK]` among them, wherever it came from.
  public func isSpecial(_ id: Int32) -> Bool {
    id == padID || id == unknownID || id == clsID || id == sepID || id == maskID
  }

  private func appendWords(_ text: UnsafeBufferPointer<UInt8>, to ids: inout [Int32]) {
    normalizer.forEachWord(in: text) { word, scalars in
      guard scalars <= BertNormalizer.longestWord else {
        ids.append(unknownID)
        return
      }
      let before = ids.count
      var start = 0
      while start < word.count {
        let match = trie.longestMatch(word, from: start)
        if match.id < 0 {
          ids.removeSubrange(before...)
          ids.append(unknownID)
          return
        }
        ids.append(match.id)
        start = match.end
      }
    }
  }
}
