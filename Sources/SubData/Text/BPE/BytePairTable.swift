/// Looks up what two adjacent symbols become, and merges the symbols of a word until no pair is left that could.
struct BytePairTable: Sendable {
  /// One merge, by ids.
  struct Pair {
    var first: Int32, second: Int32, rank: Int32, id: Int32
  }

  private static let none = Int32.max
  /// Open addressing: a pair's key and, at the same place, its rank and the id of the merged symbol.
  private let keys: [UInt64]
  private let ranks: [Int32]
  private let ids: [Int32]
  private let mask: UInt64

  init(_ pairs: [Pair]) {
    var size = 64
    while size < pairs.count * 3 { size *= 2 }
    mask = UInt64(size - 1)
    var keys = [UInt64](repeating: .max, count: size)
    var ranks = [Int32](repeating: Self.none, count: size)
    var ids = [Int32](repeating: 0, count: size)
    for pair in pairs {
      let key = Self.key(pair.first, pair.second)
      var slot = Int(Self.hash(key) & mask)
      while keys[slot] != .max, keys[slot] != key { slot = (slot + 1) & (size - 1) }
      keys[slot] = key
      ranks[slot] = pair.rank
      ids[slot] = pair.id
    }
    self.keys = keys
    self.ranks = ranks
    self.ids = ids
  }

  private static func key(_ first: Int32, _ second: Int32) -> UInt64 {
    UInt64(UInt32(bitPattern: first)) << 32 | UInt64(UInt32(bitPattern: second))
  }
  private static func hash(_ key: UInt64) -> UInt64 {
    let product = key &* 0x9e37_79b9_7f4a_7c15
    return product ^ (product >> 29)
  }

  /// The slot of a pair, -1 for none.
  private func slot(_ first: Int32, _ second: Int32) -> Int {
    let key = Self.key(first, second)
    var slot = Self.hash(key) & mask
    while keys[Int(slot)] != key {
      if keys[Int(slot)] == .max { return -1 }
      slot = (slot + 1) & mask
    }
    return Int(slot)
  }

  /// Repeats: the adjacent pair of lowest rank, all its occurrences from left to right, becomes one symbol.
  func merge(_ word: inout [Int32]) {
    if word.count > 64 { return mergeLong(&word) }
    while word.count > 1 {
      var best = Self.none
      var bestSlot = -1
      for index in 1..<word.count {
        let slot = slot(word[index - 1], word[index])
        if slot >= 0, ranks[slot] < best { (best, bestSlot) = (ranks[slot], slot) }
      }
      if bestSlot < 0 { return }
      let first = Int32(truncatingIfNeeded: keys[bestSlot] >> 32)
      let second = Int32(truncatingIfNeeded: keys[bestSlot])
      var write = 0
      var read = 0
      while read < word.count {
        if read + 1 < word.count, word[read] == first, word[read + 1] == second {
          word[write] = ids[bestSlot]
          read += 2
        } else {
          word[write] = word[read]
          read += 1
        }
        write += 1
      }
      word.removeLast(word.count - write)
    }
  }

  /// The same for a word of any length in n log n: a heap of the pairs by rank, then position.
  private func mergeLong(_ word: inout [Int32]) {
    var symbols = word
    var next = Array(1...word.count)
    var previous = Array(-1..<(word.count - 1))
    var heap = RankHeap()
    let end = word.count
    func push(_ left: Int) {
      guard left >= 0, next[left] < end else { return }
      let slot = slot(symbols[left], symbols[next[left]])
      if slot >= 0 { heap.push(rank: ranks[slot], position: left, slot: slot) }
    }
    for left in 0..<(end - 1) { push(left) }
    while let rank = heap.lowestRank {
      // All occurrences of one rank first; pairs that arise meanwhile come afterwards.
      var batch: [RankHeap.Entry] = []
      while heap.lowestRank == rank { batch.append(heap.pop()) }
      var fresh: [Int] = []
      for entry in batch {
        let left = entry.position
        let right = next[left]
        guard symbols[left] >= 0, right < end,
          Self.key(symbols[left], symbols[right]) == keys[entry.slot]
        else { continue }
        symbols[left] = ids[entry.slot]
        symbols[right] = -1
        next[left] = next[right]
        if next[left] < end { previous[next[left]] = left }
        fresh.append(left)
      }
      for left in fresh where symbols[left] >= 0 {
        push(left)
        push(previous[left])
      }
    }
    word = symbols.filter { $0 >= 0 }
  }
}
