public import SubCore

/// Which pictures make which batch: a pure function of the seed, the epoch and the place in it, so that a resumed run
/// continues with the very same batches.
public struct ImageSampler: Sendable, Equatable {
  /// How many pictures there are.
  public var count: Int
  /// Pictures per batch.
  public var batchSize: Int
  /// The root of all orders.
  public var seed: Int
  /// Whether every epoch has its own random order; else pictures come as they are listed.
  public var shuffles: Bool
  /// How often every picture of a batch comes in it, each time augmented differently (repeated augmentation: 3).
  public var repeats: Int
  /// Whether a last batch that is not full is left out.
  public var dropsLast: Bool

  /// A sampler from its parts.
  public init(
    count: Int, batchSize: Int, seed: Int, shuffles: Bool = true, repeats: Int = 1, dropsLast: Bool = true
  ) {
    precondition(count > 0 && batchSize > 0 && repeats > 0, "ImageSampler: \(count) / \(batchSize), \(repeats) times")
    self.count = count
    self.batchSize = batchSize
    self.seed = seed
    self.shuffles = shuffles
    self.repeats = repeats
    self.dropsLast = dropsLast
  }

  /// How many pictures an epoch sees, before batches are made.
  ///
  /// With repeats, as DeiT's and timm's samplers: floor(N / 256) · 256 places of the list of N · repeats, so an epoch costs
  /// what it does without repeats and sees a third of the pictures. Below 256 pictures, where that would be none, N.
  public var epochCount: Int { repeats > 1 && count >= 256 ? count / 256 * 256 : count }

  /// How many batches an epoch has.
  public var batchesPerEpoch: Int {
    dropsLast ? epochCount / batchSize : (epochCount + batchSize - 1) / batchSize
  }

  /// The pictures of an epoch, in order.
  ///
  /// A batch first has all of its pictures once, then all of them again: of as many ranks or parts as there are repeats, or more,
  /// each has different pictures, on which batch-norm's statistics and mixing depend. The samplers of DeiT and timm give every
  /// process another augmentation of a picture, too.
  public func order(epoch: Int) -> [Int] {
    let permuted =
      shuffles ? RandomKey(seed: seed).fold("order").fold(epoch).permutation(count) : Array(0..<count)
    guard repeats > 1 else { return Array(permuted.prefix(epochCount)) }
    return stride(from: 0, to: epochCount, by: batchSize).flatMap { start in
      (start..<min(start + batchSize, epochCount))
        .sorted { ($0 % repeats, $0) < ($1 % repeats, $1) }.map { permuted[$0 / repeats] }
    }
  }

  /// The places in `order` that batch `batch` takes.
  public func places(batch: Int) -> Range<Int> {
    let start = batch * batchSize
    return start..<min(start + batchSize, epochCount)
  }

  /// The key of a picture's augmentation: every place of every epoch has its own.
  public func key(epoch: Int, place: Int) -> RandomKey {
    RandomKey(seed: seed).fold("augment").fold(epoch).fold(place)
  }

  /// The key of a batch's mixing.
  public func mixKey(epoch: Int, batch: Int) -> RandomKey {
    RandomKey(seed: seed).fold("mix").fold(epoch).fold(batch)
  }
}
