extension Communicator {
  /// How many turns ranks take at so many pieces of work, of which each makes one a turn.
  public func turns(at pieces: Int) -> Int { (pieces + count - 1) / count }

  /// The values of pieces that ranks made in turn, in the order of the pieces, on every rank: the k-th of `own` is piece
  /// k · count + rank of all. Every rank has as many, of which some may be empty.
  public func inTurn<Value: BitwiseCopyable>(_ own: [[Value]]) -> [Value] {
    guard !isAlone else { return own.flatMap { $0 } }
    let lengths = gather(own.map(\.count))
    var parts = gatherUneven(own.flatMap { $0 }).map { $0[...] }
    var all: [Value] = []
    for turn in own.indices {
      for rank in 0..<count {
        let length = lengths[rank * own.count + turn]
        all += parts[rank].prefix(length)
        parts[rank] = parts[rank].dropFirst(length)
      }
    }
    return all
  }
}
