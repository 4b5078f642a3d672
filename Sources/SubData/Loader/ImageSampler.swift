public import SubCore

/// Which pictures make which batch: a pure function of the seed, the epoch and the place in it, so that a resumed run
/// continues with the very same batches.
public struct ImageSampler: Sendable, Codable, Equatable {
  /// How many pictures there are.
  public var count: Int
  /// Pictures per batch, on this rank.
  public var batchSize: Int
  /// The root of all orders.
  public var seed: Int
  /// Whether every epoch has its own random order; else pictures come as they are listed.
  public var shuffles: Bool
  /// How often in a row every picture comes, each time augmented differently (repeated augmentation: 3).
  public var repeats: Int
  /// Whether a last batch that is not full is left out.
  public var dropsLast: Bool
  /// This process, from 0.
  public var rank: Int
  /// How many processes share the pictures.
  public var ranks: Int

  /// A sampler from its parts.
  public init(
    count: Int, batchSize: Int, seed: Int, shuffles: Bool = true, repeats: Int = 1, dropsLast: Bool = true,
    rank: Int = 0, ranks: Int = 1
  ) {
    precondition(count > 0 && batchSize > 0 && repeats > 0, "ImageSampler: \(count) / \(batchSize), \(repeats) times")
    precondition(ranks > 0 && (0..<ranks).contains(rank), "ImageSampler: rank \(rank) of \(ranks)")
    self.count = count
    self.batchSize = batchSize
    self.seed = seed
    self.shuffles = shuffles
    self.repeats = repeats
    self.dropsLast = dropsLast
    self.rank = rank
    self.ranks = ranks
  }

  /// How many pictures this rank sees in an epoch, before batches are made.
  ///
  /// With repeats, as DeiT's and timm's samplers: each rank takes floor(floor(N / 256) · 256 / ranks) places of the
  /// list of N · repeats, so an epoch costs what it does without repeats and sees a third of the pictures. Below 256
  /// pictures, where that would be none, floor(N / ranks). Without repeats: N padded up to a multiple of the ranks.
  public var epochCount: Int {
    if repeats == 1 { return shuffles || ranks > 1 ? (count + ranks - 1) / ranks : count }
    return max(1, (count >= 256 ? count / 256 * 256 : count) / ranks)
  }

  /// How many batches this rank sees in an epoch.
  public var batchesPerEpoch: Int {
    dropsLast ? epochCount / batchSize : (epochCount + batchSize - 1) / batchSize
  }

  /// The pictures of an epoch on this rank, in order.
  public func order(epoch: Int) -> [Int] {
    let permuted =
      shuffles ? RandomKey(seed: seed).fold("order").fold(epoch).permutation(count) : Array(0..<count)
    let total = (count * repeats + ranks - 1) / ranks * ranks
    return (0..<epochCount).map { place in
      let position = (place * ranks + rank) % total
      return permuted[position / repeats % count]
    }
  }

  /// The places in `order` that batch `batch` takes.
  public func places(batch: Int) -> Range<Int> {
    let start = batch * batchSize
    return start..<min(start + batchSize, epochCount)
  }

  /// The key of a picture's augmentation: every place of every epoch on every rank has its own.
  public func key(epoch: Int, place: Int) -> RandomKey {
    RandomKey(seed: seed).fold("augment").fold(epoch).fold(place * ranks + rank)
  }

  /// The key of a batch's mixing.
  public func mixKey(epoch: Int, batch: Int) -> RandomKey {
    RandomKey(seed: seed).fold("mix").fold(epoch).fold(batch * ranks + rank)
  }
}
