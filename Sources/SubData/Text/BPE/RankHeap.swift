/// A binary heap of pairs in a word: lowest rank first, then leftmost.
struct RankHeap {
  struct Entry {
    var rank: Int32
    var position: Int
    var slot: Int

    static func < (a: Entry, b: Entry) -> Bool { a.rank != b.rank ? a.rank < b.rank : a.position < b.position }
  }

  private var entries: [Entry] = []

  var lowestRank: Int32? { entries.first?.rank }

  mutating func push(rank: Int32, position: Int, slot: Int) {
    entries.append(Entry(rank: rank, position: position, slot: slot))
    var child = entries.count - 1
    while child > 0, entries[child] < entries[(child - 1) / 2] {
      entries.swapAt(child, (child - 1) / 2)
      child = (child - 1) / 2
    }
  }

  /// Takes out the first entry; the heap must not be empty.
  mutating func pop() -> Entry {
    entries.swapAt(0, entries.count - 1)
    let first = entries.removeLast()
    var parent = 0
    while 2 * parent + 1 < entries.count {
      var child = 2 * parent + 1
      if child + 1 < entries.count, entries[child + 1] < entries[child] { child += 1 }
      if !(entries[child] < entries[parent]) { break }
      entries.swapAt(child, parent)
      parent = child
    }
    return first
  }
}
