/// Inverted dropout: element i of the batch is kept where bits(i) ≥ rate · 2³², and scaled by 1 / (1 − rate).
public struct Dropout: Sendable {
  /// The share that is dropped.
  public let rate: Float
  /// The stream that decides which.
  public let key: RandomKey
  /// The number of the first row, where these are part of a larger batch: positions count from that batch's first.
  public var firstRow = 0

  /// Nil where nothing would be dropped, so that call sites need no case of their own.
  public init?(_ rate: Float, _ key: RandomKey) {
    precondition(rate >= 0 && rate < 1, "Dropout: rate \(rate) is not in 0 ..< 1")
    guard rate > 0 else { return nil }
    self.rate = rate
    self.key = key
  }

  /// The least of the bits of which an element is kept: ⌈rate · 2³²⌉.
  var threshold: UInt32 { UInt32((Double(rate) * 0x1p32).rounded(.up)) }
}
