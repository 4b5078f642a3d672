public import SubCore

/// How often the right answer is the best one, and among the best five.
public struct TopAccuracy: Sendable, Equatable {
  /// How many were looked at.
  public private(set) var count = 0
  private var (first, five) = (0, 0)

  /// Share of those whose right answer is the best, 0 to 1; 0 of none.
  public var top1: Double { Double(first) / Double(max(1, count)) }
  /// Share of those whose right answer is among the best five, 0 to 1; 0 of none.
  public var top5: Double { Double(five) / Double(max(1, count)) }

  /// A count from zero.
  public init() {}

  /// Of how many answers stand before the right one, each time (`Ranking`).
  public init(ranks: [Int]) { for rank in ranks { add(rank: rank) } }

  /// One more, with so many answers before the right one.
  public mutating func add(rank: Int) {
    count += 1
    if rank < 1 { first += 1 }
    if rank < 5 { five += 1 }
  }

  /// What all ranks counted, on every one of them.
  public func summed(over ranks: any Communicator) -> TopAccuracy {
    let sums = ranks.sum([count, first, five].map(Double.init)).map { Int($0) }
    var all = TopAccuracy()
    (all.count, all.first, all.five) = (sums[0], sums[1], sums[2])
    return all
  }

  /// Both shares: `top1` and `top5`, or with something in front of these names.
  public func named(_ prefix: String = "") -> [(name: String, value: Double)] {
    [("\(prefix)top1", top1), ("\(prefix)top5", top5)]
  }
}
