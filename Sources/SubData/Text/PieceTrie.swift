/// The pieces of a WordPiece vocabulary as two byte tries, one for the start of a word and one for its continuation,
/// whose edges share one hash table. Greedy longest match walks each byte of a word about once.
struct PieceTrie: Sendable {
  /// Where a walk begins.
  static let start = 0, continuation = 1

  /// `(node << 8 | byte) << 32 | child`, 0 when empty (no edge leads to node 0). A power of two long.
  private var edges: [UInt64]
  private var edgeCount = 0
  /// The piece that ends at a node, or -1.
  private var pieces: [Int32] = [-1, -1]

  /// Ids are positions; a piece that occurs twice keeps its last id. Pieces beginning with `##` continue a word.
  init(_ vocabulary: [String]) {
    edges = [UInt64](repeating: 0, count: 1 << 12)
    for (id, piece) in vocabulary.enumerated() {
      let bytes = Array(piece.utf8)
      insert(bytes[...], under: Self.start, id: Int32(id))
      if bytes.count > 2, bytes[0] == UInt8(ascii: "#"), bytes[1] == UInt8(ascii: "#") {
        insert(bytes[2...], under: Self.continuation, id: Int32(id))
      }
    }
  }

  /// The longest piece at the head of `bytes[from...]`: its id, or -1, and where it ends.
  func longestMatch(_ bytes: UnsafeBufferPointer<UInt8>, from: Int) -> (id: Int32, end: Int) {
    var node = from == 0 ? Self.start : Self.continuation
    var best: (id: Int32, end: Int) = (-1, from)
    var index = from
    while index < bytes.count {
      node = child(of: node, bytes[index])
      if node == 0 { break }
      index += 1
      if pieces[node] >= 0 { best = (pieces[node], index) }
    }
    return best
  }

  private static func slot(_ key: UInt64, _ mask: Int) -> Int {
    Int(truncatingIfNeeded: (key &* 0x9E37_79B9_7F4A_7C15) >> 32) & mask
  }

  /// The child, or 0.
  private func child(of node: Int, _ byte: UInt8) -> Int {
    let key = UInt64(node) << 8 | UInt64(byte)
    var slot = Self.slot(key, edges.count - 1)
    while true {
      let edge = edges[slot]
      if edge == 0 { return 0 }
      if edge >> 32 == key { return Int(edge & 0xFFFF_FFFF) }
      slot = (slot + 1) & (edges.count - 1)
    }
  }

  private mutating func insert(_ bytes: ArraySlice<UInt8>, under root: Int, id: Int32) {
    guard !bytes.isEmpty else { return }
    var node = root
    for byte in bytes {
      var next = child(of: node, byte)
      if next == 0 {
        next = pieces.count
        precondition(next < 1 << 24, "PieceTrie: more than 16 million nodes")
        pieces.append(-1)
        if 2 * (edgeCount + 1) > edges.count { grow() }
        place((UInt64(node) << 8 | UInt64(byte)) << 32 | UInt64(next))
        edgeCount += 1
      }
      node = next
    }
    pieces[node] = id
  }

  private mutating func grow() {
    let old = edges
    edges = [UInt64](repeating: 0, count: 2 * old.count)
    for edge in old where edge != 0 { place(edge) }
  }

  private mutating func place(_ edge: UInt64) {
    var slot = Self.slot(edge >> 32, edges.count - 1)
    while edges[slot] != 0 { slot = (slot + 1) & (edges.count - 1) }
    edges[slot] = edge
  }
}
