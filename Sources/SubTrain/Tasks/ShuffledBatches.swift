public import SubCore
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
  private let size: (_ sample: Int) -> Int
  private let makeExample: ((_ count: Int, _ size: Int) -> Batch)?

  /// Batches that `make` puts together, given the numbers of their samples. `example` makes one by which memory is told
  /// ahead, of so many samples of a size; `size` is that of a sample, its tokens for instance.
  public init(
    count: Int, batchSize: Int, seed: Int, size: @escaping (_ sample: Int) -> Int = { _ in 1 },
    example: ((_ count: Int, _ size: Int) -> Batch)? = nil, make: @escaping (_ samples: [Int]) throws -> Batch
  ) {
    precondition(count > 0 && batchSize > 0, "ShuffledBatches: \(count) samples in batches of \(batchSize)")
    (self.count, self.batchSize, self.make) = (count, batchSize, make)
    (self.size, makeExample) = (size, example)
    key = RandomKey(seed: seed).fold("order")
  }

  /// The processes that share every batch, each with its rows of it.
  public var ranks: any Communicator = SingleProcess()

  /// What the samples are, for `identity`.
  public var digest: SampleDigest?
  public var identity: JSON { digest?.json(count: count) ?? ["count": .integer(Int64(count))] }
  public var batchesPerEpoch: Int { Self.batchesPerEpoch(of: count, by: batchSize) }

  /// Batches of an epoch of `count` samples, told before there are any.
  public static func batchesPerEpoch(of count: Int, by batchSize: Int) -> Int { (count + batchSize - 1) / batchSize }

  public var fullBatch: (samples: Int, waitingBytes: Int, sentBytes: Int) {
    (ranks.rows(of: min(batchSize, count), at: 0).count, 0, 0)
  }

  /// The size of its samples is that of the largest batch of the first epoch.
  public func example(of count: Int) -> Batch? {
    guard let makeExample else { return nil }
    let order = key.fold(0).permutation(self.count)
    let largest =
      stride(from: 0, to: self.count, by: batchSize)
      .map { start in order[start..<min(self.count, start + batchSize)].reduce(0) { $0 + size($1) } }.max() ?? 1
    let full = min(batchSize, self.count)
    return makeExample(count, max(1, (largest + full - 1) / full))
  }

  public func seek(_ index: Int, state: JSON?) { self.index = index }

  public func next() throws -> Batch {
    let (epoch, place) = (index / batchesPerEpoch, index % batchesPerEpoch)
    index += 1
    if order?.epoch != epoch { order = (epoch, key.fold(epoch).permutation(count)) }
    let batch = try make(Array(order!.samples[place * batchSize..<min(count, (place + 1) * batchSize)]))
    guard !ranks.isAlone else { return batch }
    guard let own = batch.part(ranks.rows(of: batch.count)) else {
      preconditionFailure("\(Batch.self) cannot be divided among ranks")
    }
    return own
  }
}
