public import SubCore
public import SubData
public import SubTrain

/// Image-caption pairs as a run's batches, made ahead of time. Where the data stands is part of every batch, so a
/// resumed run goes on with the very next pair, however many batches were waiting.
///
/// Ranks share out every batch by its rows. Each of them goes through the whole stream, of which it reads captions and
/// decodes the images of its own rows alone (of a packed shard, whose images cannot be passed over, all bytes): the
/// pairs of a batch, and where the data stands, are those of one process, however many ranks there are, and shards of
/// any number and size do.
public final class CaptionSource: BatchSource {
  /// What was skipped so far.
  public var faults: CaptionFaults? { batches?.faults }
  /// Batches of an epoch.
  public let batchesPerEpoch: Int
  private let make: (CaptionPosition) throws -> CaptionBatches
  private let set: CaptionSet
  private let device: Device
  private var batches: CaptionBatches?
  private var loader: Loader<CaptionBatch?>?
  private var position = CaptionPosition()
  /// Those that share its batches.
  let ranks: any Communicator
  /// Pairs of a batch that this rank has.
  private let samples: Int
  /// The side of its images.
  private let side: Int
  /// Tokens of a caption, on average over the first batch.
  private var length: Int?
  /// Batches that are made ahead of time.
  private static let ahead = 2

  /// Batches of a set in training order, of `batchSize` pairs among all ranks, of which each has as many.
  /// `samplesPerEpoch`: 0 for as many pairs as there are.
  public init(
    _ set: CaptionSet, order: CaptionOrder, tokenizer: BytePairTokenizer, pipeline: ImagePipeline, batchSize: Int,
    contextLength: Int, samplesPerEpoch: Int = 0, seed: Int, threads: Int,
    sharedBy ranks: any Communicator = SingleProcess(), on device: Device
  ) throws {
    (self.set, self.ranks, self.device) = (set, ranks, device)
    let rows = ranks.rows(of: batchSize)
    (samples, side) = (rows.count, pipeline.size)
    let pairs = samplesPerEpoch > 0 ? samplesPerEpoch : set.countPairs(for: ranks)
    guard pairs >= batchSize else {
      throw InputError(
        "there are \(pairs) pairs, a batch has \(batchSize)", at: set.source, cure: "lower batch_size", isUsage: true)
    }
    batchesPerEpoch = Self.batchesPerEpoch(of: pairs, by: batchSize, set.kind)
    make = { position in
      precondition(batchSize % ranks.count == 0, "CaptionSource: \(batchSize) pairs among \(ranks.count) ranks")
      return try CaptionBatches(
        CaptionStream(set, order: order, from: position), tokenizer: tokenizer, pipeline: pipeline,
        batchSize: batchSize, rows: rows, contextLength: contextLength, key: RandomKey(seed: seed).fold("augment"),
        threads: threads)
    }
  }

  /// Batches of an epoch of so many pairs, told before there are any. Shards go on into the next epoch where a batch is not
  /// full, as open_clip's loader does; else what makes no full batch is left out.
  public static func batchesPerEpoch(of pairs: Int, by batchSize: Int, _ kind: CaptionSet.Kind) -> Int {
    kind == .shards ? (pairs + batchSize - 1) / batchSize : pairs / batchSize
  }

  public var identity: JSON { self.set.identity }

  /// Makes the first batch and throws it away: data of which nothing can be used fails here, before a run begins.
  public func check() throws { _ = try captionLength() }

  private func captionLength() throws -> Int {
    if let length { return length }
    let texts = try make(CaptionPosition()).next()?.tokens ?? []
    let mean = (texts.reduce(0) { $0 + $1.count } + max(0, texts.count - 1)) / max(1, texts.count)
    length = max(2, mean)
    return max(2, mean)
  }

  public func example(of count: Int) throws -> ClipBatch? {
    let text = try Array(repeating: Int32(0), count: captionLength() - 1) + [1]
    return ClipBatch(
      images: Tensor([count, 3, side, side], filledWith: 0, on: device), texts: Array(repeating: text, count: count))
  }

  /// What waits, and what is being put together of single images.
  public var fullBatch: (samples: Int, waitingBytes: Int, sentBytes: Int) {
    let bytes = samples * 3 * side * side
    return (samples, (Self.ahead + 2) * bytes, bytes)
  }

  /// Puts the data where a checkpoint left it.
  public func seek(_ index: Int, state: JSON?) throws {
    loader?.cancel()
    if let state, !state.isNull {
      do {
        position = try state.decoded(as: CaptionPosition.self)
      } catch {
        throw InputError(
          "the data position of the checkpoint cannot be read", at: set.source,
          cure: "resume from an undamaged checkpoint")
      }
    } else {
      position = CaptionPosition()
    }
    let batches = try make(position)
    self.batches = batches
    loader = batches.loader(count: .max, ahead: Self.ahead)
  }

  /// The next batch; throws an `InputError` where too much of the data cannot be used.
  public func next() throws -> ClipBatch {
    if loader == nil { try seek(0, state: nil) }
    guard let captions = try loader?.next(), let captions else {
      throw InputError("the data has ended", at: set.source, cure: "give data that holds at least one batch")
    }
    position = captions.position
    return ClipBatch(captions, sharedBy: ranks, on: device)
  }

  /// Where the data stands, for a checkpoint.
  public var state: JSON {
    guard let json = try? JSON(encoding: position) else {
      preconditionFailure("CaptionSource: a position is always JSON")
    }
    return json
  }
}

extension CaptionSet {
  /// The number of usable pairs; shards are listed one after the other, by rank 0 for all.
  func countPairs(for ranks: any Communicator) -> Int {
    if let count { return count }
    var count = ranks.rank == 0 ? shards.indices.reduce(0) { $0 + open($1).pairs.count } : 0
    withUnsafeMutableBytes(of: &count) { ranks.broadcast($0) }
    return count
  }
}
