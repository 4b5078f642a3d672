/// Trains a byte-pair vocabulary: again and again the most frequent pair of adjacent symbols becomes one.
///
/// The result has the form of CLIP's merges and goes into a `BytePairTokenizer` or, as `fileText`, into a file.
public enum BytePairTrainer {
  /// Up to `count` merges of pairs that occur at least `minimumCount` times in the texts, which are cleaned and split
  /// as for tokenizing. Among equally frequent pairs the one whose symbols sort first wins, so that the same texts
  /// always give the same merges.
  public static func train(_ texts: some Sequence<String>, count: Int, minimumCount: Int = 2) -> BytePairMerges {
    var words = countedWords(texts)
    var symbols = BytePairAlphabet.symbols
    symbols += symbols.map { $0 + BytePairAlphabet.wordEnd }
    var known = Set(symbols)
    var pairs: [Pair: Int] = [:]
    var places: [Pair: Set<Int>] = [:]
    for (index, word) in words.enumerated() { add(word, index, 1, &pairs, &places) }
    var merges: [BytePairMerges.Merge] = []
    while merges.count < count {
      var best: (pair: Pair, count: Int)?
      for (pair, frequency) in pairs where frequency >= minimumCount {
        guard let current = best else {
          best = (pair, frequency)
          continue
        }
        if frequency > current.count || frequency == current.count && precedes(pair, current.pair, symbols) {
          best = (pair, frequency)
        }
      }
      guard let pair = best?.pair else { break }
      let first = symbols[Int(pair.first)]
      let second = symbols[Int(pair.second)]
      guard known.insert(first + second).inserted else {
        // Another pair made this symbol already; a second way to it would cost an id.
        pairs[pair] = nil
        continue
      }
      let merged = Int32(symbols.count)
      symbols.append(first + second)
      merges.append(BytePairMerges.Merge(first, second))
      for index in places[pair] ?? [] {
        add(words[index], index, -1, &pairs, &places)
        words[index].symbols = merging(words[index].symbols, pair, merged)
        add(words[index], index, 1, &pairs, &places)
      }
      pairs[pair] = nil
    }
    return BytePairMerges(merges)
  }

  private struct Pair: Hashable {
    var first: Int32, second: Int32
  }

  private struct Word {
    var symbols: [Int32]
    var count: Int
  }

  private static func countedWords(_ texts: some Sequence<String>) -> [Word] {
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
      return Word(symbols: symbols, count: count)
    }
  }

  private static func add(
    _ word: Word, _ index: Int, _ sign: Int, _ pairs: inout [Pair: Int], _ places: inout [Pair: Set<Int>]
  ) {
    for (first, second) in zip(word.symbols, word.symbols.dropFirst()) {
      let pair = Pair(first: first, second: second)
      pairs[pair, default: 0] += sign * word.count
      if sign > 0 { places[pair, default: []].insert(index) }
    }
  }

  private static func merging(_ symbols: [Int32], _ pair: Pair, _ merged: Int32) -> [Int32] {
    var result: [Int32] = []
    var index = 0
    while index < symbols.count {
      if index + 1 < symbols.count, symbols[index] == pair.first, symbols[index + 1] == pair.second {
        result.append(merged)
        index += 2
      } else {
        result.append(symbols[index])
        index += 1
      }
    }
    return result
  }

  private static func precedes(_ a: Pair, _ b: Pair, _ symbols: [String]) -> Bool {
    let firstA = symbols[Int(a.first)]
    let firstB = symbols[Int(b.first)]
    if firstA != firstB { return firstA.unicodeScalars.lexicographicallyPrecedes(firstB.unicodeScalars) }
    return symbols[Int(a.second)].unicodeScalars.lexicographicallyPrecedes(symbols[Int(b.second)].unicodeScalars)
  }
}
