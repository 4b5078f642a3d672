import SubCore
public import SubData

/// Batches of numbered samples that are all at hand: every epoch in an order of its own, the last, short batch kept.
public final class ShuffledBatches<Batch: TrainingBatch>: BatchSource {
  /// Samples of an epoch.
  public let count: Int
  private let batchSize: Int
  private let key: RandomKey
  private let make: (_ samples: [Int]) throws -> Batch
  private var index = 0
  private var order: (epoch: Int, samples: [Int])?

  /// Batches that `make` puts together, given the numbers of their samples.
  public init(count: Int, batchSize: Int, seed: Int, make: @escaping (_ samples: [Int]) throws -> Batch) {
    precondition(count > 0 && batchSize > 0, "ShuffledBatches: \(count) samples in batches of \(batchSize)")
    (self.count, self.batchSize, self.make) = (count, batchSize, make)
    key = RandomKey(seed: seed).fold("order")
  }

  /// What the samples are, for `identity`.
  public var digest: SampleDigest?
  public var identity: JSON { digest?.json(count: count) ?? ["count": .integer(Int64(count))] }
  public var batchesPerEpoch: Int { (count + batchSize - 1) / batchSize }

  public func seek(_ index: Int, state: JSON?) { self.index = index }

  public func next() throws -> Batch {
    let (epoch, place) = (index / batchesPerEpoch, index % batchesPerEpoch)
    index += 1
    if order?.epoch != epoch { order = (epoch, key.fold(epoch).permutation(count)) }
    return try make(Array(order!.samples[place * batchSize..<min(count, (place + 1) * batchSize)]))
  }
}
