/// Words as rows of symbols, and how often every pair of neighbours stands in them while pairs are joined: what learning
/// a vocabulary by joining consists of, but for which pair is next.
struct PairCounts {
  struct Pair: Hashable {
    let first, second: Int32
  }

  /// How often each pair stands there.
  private(set) var counts: [Pair: Int] = [:]
  private var words: [(symbols: [Int32], count: Int)]
  /// The words in which a pair stood when it was last counted up.
  private var places: [Pair: Set<Int>] = [:]

  /// Words with how often they were seen.
  init(_ words: [(symbols: [Int32], count: Int)]) {
    self.words = words
    for index in words.indices { count(index, 1) }
  }

  /// Puts `symbol` in the place of a pair, from left to right in every word.
  mutating func join(_ pair: Pair, into symbol: Int32) {
    for index in places[pair] ?? [] {
      count(index, -1)
      let word = words[index].symbols
      var joined: [Int32] = []
      var position = 0
      while position < word.count {
        if position + 1 < word.count, word[position] == pair.first, word[position + 1] == pair.second {
          joined.append(symbol)
          position += 2
        } else {
          joined.append(word[position])
          position += 1
        }
      }
      words[index].symbols = joined
      count(index, 1)
    }
  }

  /// Takes a pair for one that does not occur.
  mutating func forget(_ pair: Pair) { counts[pair] = nil }

  /// Adds (sign 1) or removes (-1) the pairs of a word.
  private mutating func count(_ index: Int, _ sign: Int) {
    let word = words[index]
    for (first, second) in zip(word.symbols, word.symbols.dropFirst()) {
      let pair = Pair(first: first, second: second)
      let count = counts[pair, default: 0] + sign * word.count
      counts[pair] = count == 0 ? nil : count
      if sign > 0 { places[pair, default: []].insert(index) }
    }
  }
}
