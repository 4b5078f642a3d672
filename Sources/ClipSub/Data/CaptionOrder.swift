/// In which order pairs come.
public struct CaptionOrder: Sendable, Equatable {
  /// The root of everything random.
  public var seed: Int
  /// Whether order is random; else everything comes as it lies, for evaluation.
  public var shuffles: Bool
  /// Whether the data starts again when it ends.
  public var repeats: Bool
  /// Whether shards are drawn at random with replacement, for ever, in place of every one once per epoch.
  public var resamples: Bool
  /// How many pairs of shards wait in the shuffle buffer.
  public var buffer: Int
  /// How many must wait before the first one leaves.
  public var initial: Int

  /// An order; the defaults are open_clip's in training.
  public init(
    seed: Int, shuffles: Bool = true, repeats: Bool = true, resamples: Bool = false, buffer: Int = 5000,
    initial: Int = 1000
  ) {
    precondition(buffer > 0 && initial > 0, "CaptionOrder: buffer \(buffer), initial \(initial)")
    precondition(!resamples || repeats, "CaptionOrder: resampling never ends")
    self.seed = seed
    self.shuffles = shuffles
    self.repeats = repeats
    self.resamples = resamples
    self.buffer = buffer
    self.initial = min(initial, buffer)
  }

  /// Everything once, as it lies.
  public static let evaluation = CaptionOrder(seed: 0, shuffles: false, repeats: false)
}

/// A place in the order of a run: all that is needed to continue with the very next pair.
public struct CaptionPosition: Sendable, Codable, Equatable {
  /// How often the data has been gone through; 0 for ever when resampling.
  public var epoch = 0
  /// The place in the epoch's order of shards; when resampling, the number of the draw.
  public var shard = 0
  /// The next pair of that shard; in tables and folders, the next place in the epoch's order.
  public var sample = 0
  /// How many numbers the epoch's shuffle buffer has drawn.
  public var draws = 0
  /// What waits in the shuffle buffer: place of the shard and pair, alternating.
  public var buffer: [Int] = []
  /// How many pairs have come so far, over all epochs.
  public var delivered = 0
  /// How many of them in this epoch.
  public var deliveredInEpoch = 0

  /// The beginning.
  public init() {}
}
