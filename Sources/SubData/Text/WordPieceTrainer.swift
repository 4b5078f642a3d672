/// Learns a WordPiece vocabulary from text: starts from single characters and, as long as there is room, joins the pair
/// of neighbouring pieces that occurs most often in the words seen.
///
/// The text is normalised and split as `WordPieceTokenizer` will do it. Equal counts are decided by the pieces' own
/// order, so the same lines give the same vocabulary everywhere.
public struct WordPieceTrainer: Sendable {
  /// How text becomes words.
  public let normalizer: BertNormalizer
  private let finder = TokenFinder(SpecialTokens.names.map { AddedToken($0, id: 0) })
  /// How often each word was seen.
  private var counts: [[UInt8]: Int] = [:]

  /// A trainer that has seen nothing.
  public init(lowercase: Bool) { normalizer = BertNormalizer(lowercase: lowercase) }

  /// Counts the words of a line of text. Special tokens and words of more than 100 scalars teach nothing.
  public mutating func add(_ line: String) {
    var line = line
    line.withUTF8 { bytes in
      finder.split(bytes) { text in
        normalizer.forEachWord(in: text) { word, scalars in
          if scalars <= normalizer.longestWord { counts[Array(word), default: 0] += 1 }
        }
      } token: { _ in
      }
    }
  }

  /// A vocabulary of at most `size` pieces, from the lines of a sequence.
  public static func train(_ lines: some Sequence<String>, size: Int, lowercase: Bool) -> [String] {
    var trainer = WordPieceTrainer(lowercase: lowercase)
    for line in lines { trainer.add(line) }
    return trainer.vocabulary(size: size)
  }

  /// The vocabulary: the special tokens, every character at the start of a word and (with `##`) inside one, then the
  /// joined pieces in the order in which they were found. All characters stay even if they exceed `size`; it ends
  /// before `size` when every word is one piece.
  public func vocabulary(size: Int) -> [String] {
    var merger = PieceMerger(counts)
    var vocabulary = SpecialTokens.names
    vocabulary += merger.pieces
    var known = Set(vocabulary.map { Array($0.utf8) })
    while vocabulary.count < size, let piece = merger.joinMostFrequentPair() {
      if known.insert(Array(piece.utf8)).inserted { vocabulary.append(piece) }
    }
    return vocabulary
  }
}

/// Words as sequences of pieces, of which the most frequent pair of neighbours becomes one.
private struct PieceMerger {
  /// The pieces' texts by number, `##` included; the characters first, in the order of their bytes.
  private(set) var pieces: [String]
  private var pairs: PairCounts

  init(_ counts: [[UInt8]: Int]) {
    let sorted = counts.sorted { $0.key.lexicographicallyPrecedes($1.key) }
    let spelled = sorted.map { word, count in
      (
        String(decoding: word, as: UTF8.self).unicodeScalars.enumerated().map { ($0 == 0 ? "" : "##") + String($1) },
        count
      )
    }
    pieces = Dictionary(spelled.flatMap { $0.0 }.map { (Array($0.utf8), $0) }) { first, _ in first }
      .sorted { $0.key.lexicographicallyPrecedes($1.key) }.map(\.value)
    let numbers = Dictionary(uniqueKeysWithValues: pieces.enumerated().map { (Array($1.utf8), Int32($0)) })
    pairs = PairCounts(spelled.map { word, count in (word.map { numbers[Array($0.utf8)]! }, count) })
  }

  /// Joins the most frequent pair wherever it stands and returns the new piece; nil if there is no pair left.
  mutating func joinMostFrequentPair() -> String? {
    guard let best = pairs.counts.max(by: { precedes($0, $1) })?.key else { return nil }
    // By bytes: to a String, `##` and a mark after it are two characters, not three.
    let second = String(decoding: pieces[Int(best.second)].utf8.dropFirst(2), as: UTF8.self)
    let joined = pieces[Int(best.first)] + second
    pairs.join(best, into: Int32(pieces.count))
    pieces.append(joined)
    return joined
  }

  /// The order of preference: the larger count; among equal ones the pair found earlier.
  private func precedes(_ a: (key: PairCounts.Pair, value: Int), _ b: (key: PairCounts.Pair, value: Int)) -> Bool {
    (a.value, -a.key.first, -a.key.second) < (b.value, -b.key.first, -b.key.second)
  }
}
