public import SubCore

/// BERT's WordPiece tokenizer: ids equal to those of Hugging Face's `BertTokenizerFast`.
///
/// The five special tokens, and others that were added, are cut out of the text first, even inside a word; the rest is
/// normalised and split into words (`BertNormalizer`), and each word becomes its greedy longest pieces or, if any part of
/// it has none or it is longer than 100 scalars, one `[UNK]`.
public struct WordPieceTokenizer: Sendable {
  /// The pieces by id, added tokens at their ids.
  public let vocabulary: [String]
  /// The pieces that words are made of: the first so many of the vocabulary.
  public let pieceCount: Int
  /// Tokens that are no pieces of words and were added; the five special ones where they are more than that.
  public let added: [AddedToken]
  /// How text becomes words.
  public private(set) var normalizer: BertNormalizer
  /// The ids of `[PAD]`, `[UNK]`, `[CLS]`, `[SEP]` and `[MASK]`.
  public let padID, unknownID, clsID, sepID, maskID: Int32

  /// Tokens of the longest sequence, where the files bound it (`model_max_length`). Who encodes cuts.
  public internal(set) var maxLength: Int?
  /// What has to be said of the files, in a line each.
  public internal(set) var remarks: [String] = []

  /// The special tokens, in the order in which a new vocabulary lists them.
  public static let specialTokens = SpecialTokens.names

  private let trie: PieceTrie
  /// Special and added tokens that are looked for in the text as it is.
  private let raw: TokenFinder
  /// Added tokens that are looked for in normalised text, which is then only split.
  private var normalized: TokenFinder
  private let splitter: BertNormalizer
  private let specialIDs: Set<Int32>

  /// A tokenizer over pieces, whose positions are their ids; a piece that occurs twice has its last position.
  ///
  /// - Parameters:
  ///   - lowercase: whether text is lower-cased and stripped of accents (an uncased model).
  ///   - name: what the vocabulary is called in errors.
  /// - Throws: `InputError` if the vocabulary is empty or lacks a special token.
  public init(vocabulary: [String], lowercase: Bool, name: String) throws(InputError) {
    try self.init(vocabulary: vocabulary, normalizer: BertNormalizer(lowercase: lowercase), name: name)
  }

  /// A tokenizer over pieces with every switch of the normaliser, and tokens that were added to them. Throws also where
  /// the ids of added tokens leave gaps.
  public init(
    vocabulary: [String], normalizer: BertNormalizer, added: [AddedToken] = [], name: String
  ) throws(InputError) {
    guard !vocabulary.isEmpty else {
      throw InputError("empty vocabulary", at: name, cure: "give a vocab.txt with one token per line")
    }
    self.normalizer = normalizer
    self.added = added
    pieceCount = vocabulary.count
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
    self.vocabulary = try Self.whole(vocabulary, added, name: name)
    let known = Set(added.map(\.content))
    let special = zip(Self.specialTokens, ids).filter { !known.contains($0.0) }.map { AddedToken($0.0, id: $0.1) }
    raw = TokenFinder(special + added.filter { !$0.isNormalized })
    normalized = Self.finder(of: added, in: normalizer)
    splitter = normalizer.splitting
    specialIDs = Set(ids + added.filter(\.isSpecial).map(\.id))
    (padID, unknownID, clsID, sepID, maskID) = (ids[0], ids[1], ids[2], ids[3], ids[4])
  }

  /// The same tokenizer where text is put into small letters first.
  public func lowercasing() -> WordPieceTokenizer {
    var other = self
    other.normalizer.lowercases = true
    other.normalized = Self.finder(of: added, in: other.normalizer)
    return other
  }

  private static func finder(of added: [AddedToken], in normalizer: BertNormalizer) -> TokenFinder {
    TokenFinder(added.filter(\.isNormalized)) { normalizer.normalizedText(of: $0) }
  }

  /// The ids of a text, without `[CLS]` and `[SEP]`.
  public func encode(_ text: String) -> [Int32] {
    var text = text
    var ids: [Int32] = []
    ids.reserveCapacity(text.utf8.count / 4 + 4)
    text.withUTF8 { bytes in
      raw.split(bytes) { part in
        if normalized.isEmpty {
          appendWords(part, by: normalizer, to: &ids)
        } else {
          normalizer.normalizedText(of: part).withUnsafeBufferPointer { text in
            normalized.split(text) {
              appendWords($0, by: splitter, to: &ids)
            } token: {
              ids.append($0)
            }
          }
        }
      } token: {
        ids.append($0)
      }
    }
    return ids
  }

  /// All pieces by id. Throws where ids are none, or leave gaps.
  private static func whole(
    _ pieces: [String], _ added: [AddedToken], name: String
  ) throws(InputError) -> [String] {
    var whole = pieces
    for token in added.sorted(by: { $0.id < $1.id }) {
      guard token.id >= 0, token.id <= whole.count else {
        throw InputError(
          "the added token '\(token.content)' has the id \(token.id), the vocabulary ends at \(whole.count - 1)",
          at: name, cure: "give added tokens ids that follow the vocabulary's")
      }
      if Int(token.id) == whole.count {
        if let id = whole.firstIndex(of: token.content) {
          throw InputError(
            "the added token '\(token.content)' has the id \(token.id), but is a piece which has the id \(id)",
            at: name,
            cure: "give the tokenizer's files as they were published together")
        }
        whole.append(token.content)
      }
      guard whole[Int(token.id)] == token.content else {
        throw InputError(
          "the added token '\(token.content)' has the id \(token.id), which is '\(whole[Int(token.id)])'", at: name,
          cure: "give the tokenizer's files as they were published together")
      }
    }
    return whole
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

  /// Whether an id is a special token, `[UNK]` among them, wherever it came from.
  public func isSpecial(_ id: Int32) -> Bool { specialIDs.contains(id) }

  private func appendWords(
    _ text: UnsafeBufferPointer<UInt8>, by normalizer: BertNormalizer, to ids: inout [Int32]
  ) {
    normalizer.forEachWord(in: text) { word, scalars in
      guard scalars <= normalizer.longestWord else {
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
