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

/// Words as sequences of pieces, and the pairs of neighbours among them.
private struct PieceMerger {
  private struct Pair: Hashable {
    var left: Int
    var right: Int
  }

  /// The pieces' texts by number, `##` included; the characters first, in the order of their bytes.
  private(set) var pieces: [String]
  private var words: [(pieces: [Int], count: Int)]
  private var pairs: [Pair: Int] = [:]
  /// The words in which a pair stood when it was last counted up.
  private var places: [Pair: Set<Int>] = [:]

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
    let numbers = Dictionary(uniqueKeysWithValues: pieces.enumerated().map { (Array($1.utf8), $0) })
    words = spelled.map { word, count in (word.map { numbers[Array($0.utf8)]! }, count) }
    for index in words.indices { count(index, 1) }
  }

  /// Joins the most frequent pair wherever it stands and returns the new piece; nil if there is no pair left.
  mutating func joinMostFrequentPair() -> String? {
    guard let best = pairs.max(by: { precedes($0, $1) })?.key else { return nil }
    // By bytes: to a String, `##` and a mark after it are two characters, not three.
    let joined = pieces[best.left] + String(decoding: pieces[best.right].utf8.dropFirst(2), as: UTF8.self)
    pieces.append(joined)
    for index in places[best] ?? [] {
      count(index, -1)
      var result: [Int] = []
      var position = 0
      let word = words[index].pieces
      while position < word.count {
        if position + 1 < word.count, word[position] == best.left, word[position + 1] == best.right {
          result.append(pieces.count - 1)
          position += 2
        } else {
          result.append(word[position])
          position += 1
        }
      }
      words[index].pieces = result
      count(index, 1)
    }
    return joined
  }

  /// Adds (sign 1) or removes (-1) the pairs of a word.
  private mutating func count(_ index: Int, _ sign: Int) {
    let word = words[index]
    for position in word.pieces.indices.dropLast() {
      let pair = Pair(left: word.pieces[position], right: word.pieces[position + 1])
      let count = pairs[pair, default: 0] + sign * word.count
      pairs[pair] = count > 0 ? count : nil
      if sign > 0 { places[pair, default: []].insert(index) }
    }
  }

  /// The order of preference: the larger count; among equal ones the pair found earlier.
  private func precedes(_ a: (key: Pair, value: Int), _ b: (key: Pair, value: Int)) -> Bool {
    (a.value, -a.key.left, -a.key.right) < (b.value, -b.key.left, -b.key.right)
  }
}
