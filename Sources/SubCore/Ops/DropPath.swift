/// Stochastic depth: sample s (its rows in `samples`) is kept where uniform(first + s) ≥ rate, and scaled by 1 / (1 − rate).
public struct DropPath {
  /// The share that is dropped.
  public let rate: Float
  /// The stream that decides which.
  public let key: RandomKey
  /// The rows of every sample.
  public let samples: Segments
  /// The number of the first sample, where these are part of a larger batch.
  public var firstSample = 0

  /// Nil where nothing would be dropped.
  public init?(_ rate: Float, _ key: RandomKey, samples: Segments) {
    precondition(rate >= 0 && rate < 1, "DropPath: rate \(rate) is not in 0 ..< 1")
    guard rate > 0 else { return nil }
    self.rate = rate
    self.key = key
    self.samples = samples
  }
}
