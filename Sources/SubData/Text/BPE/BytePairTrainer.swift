/// Trains a byte-pair vocabulary: again and again the most frequent pair of adjacent symbols becomes one.
///
/// The result has the form of CLIP's merges and goes into a `BytePairTokenizer` or, as `fileText`, into a file.
public enum BytePairTrainer {
  /// Up to `count` merges of pairs that occur at least `minimumCount` times in the texts, which are cleaned and split
  /// as for tokenizing. Among equally frequent pairs the one whose symbols sort first wins, so that the same texts
  /// always give the same merges.
  public static func train(_ texts: some Sequence<String>, count: Int, minimumCount: Int = 2) -> BytePairMerges {
    var pairs = PairCounts(countedWords(texts))
    var symbols = BytePairAlphabet.symbols
    symbols += symbols.map { $0 + BytePairAlphabet.wordEnd }
    var known = Set(symbols)
    var merges: [BytePairMerges.Merge] = []
    while merges.count < count {
      let frequent = pairs.counts.lazy.filter { $0.value >= minimumCount }
      let best = frequent.max { a, b in
        a.value < b.value || a.value == b.value && precedes(b.key, a.key, symbols)
      }
      guard let pair = best?.key else { break }
      let first = symbols[Int(pair.first)]
      let second = symbols[Int(pair.second)]
      guard known.insert(first + second).inserted else {
        // Another pair made this symbol already; a second way to it would cost an id.
        pairs.forget(pair)
        continue
      }
      pairs.join(pair, into: Int32(symbols.count))
      symbols.append(first + second)
      merges.append(BytePairMerges.Merge(first, second))
    }
    return BytePairMerges(merges)
  }

  private static func countedWords(_ texts: some Sequence<String>) -> [(symbols: [Int32], count: Int)] {
    var counts: [[UInt8]: Int] = [:]
    for text in texts {
      let bytes = CaptionCleaner.cleanedBytes(text)
      bytes.withUnsafeBufferPointer { bytes in
        CaptionPieces.forEach(in: bytes) { piece in
          if case .word(let range) = piece { counts[Array(bytes[range]), default: 0] += 1 }
        }
      }
    }
    return counts.map { bytes, count in
      var symbols = bytes.map { BytePairAlphabet.index[Int($0)] }
      symbols[symbols.count - 1] += 256
      return (symbols, count)
    }
  }

  private static func precedes(_ a: PairCounts.Pair, _ b: PairCounts.Pair, _ symbols: [String]) -> Bool {
    let firstA = symbols[Int(a.first)]
    let firstB = symbols[Int(b.first)]
    if firstA != firstB { return firstA.unicodeScalars.lexicographicallyPrecedes(firstB.unicodeScalars) }
    return symbols[Int(a.second)].unicodeScalars.lexicographicallyPrecedes(symbols[Int(b.second)].unicodeScalars)
  }
}
