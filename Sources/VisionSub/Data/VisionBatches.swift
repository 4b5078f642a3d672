public import SubCore
public import SubData
import SubNN
public import SubTrain

/// Training batches on a device, made ahead of time by threads of their own. Every batch is a function of its number.
public final class VisionBatches: BatchSource {
  /// How the batches are made.
  public let batches: ImageBatches
  public var batchesPerEpoch: Int { batches.perEpoch }
  public var identity: JSON { batches.source.identity }
  private let total: Int
  private let binarizes: Bool
  private let weights: [Float]?
  private let smoothing: Float
  private let workers: Int
  private let device: Device
  private var loader: Loader<ImageBatch>?
  /// Batches that are made ahead of time: two for each thread, fewer where they would take much of the memory there is.
  private lazy var ahead: Int = {
    let free =
      MachineMemory.allowances(sharers: batches.ranks.localCount).filter { $0.kind == .memory }.map(\.bytes).min()
      ?? .max
    return max(2, min(2 * workers, free / 8 / batchBytes))
  }()

  /// The batches of a run of `updates` updates. `binarizes`: every class with a share in a mixed label counts as wholly
  /// there. `weights`: what images of each class count in a softmax cross-entropy. `smoothing`: of labels that nothing mixes,
  /// for the same loss; mixed ones are smoothed by their `BatchMixing`.
  public init(
    _ batches: ImageBatches, updates: Int, binarizes: Bool, weights: [Float]? = nil, smoothing: Float = 0, workers: Int,
    on device: Device
  ) {
    precondition(
      batches.mixing == nil || smoothing == 0, "VisionBatches: mixed labels are smoothed by their BatchMixing")
    (self.batches, total) = (batches, updates)
    (self.binarizes, self.workers, self.device) = (binarizes, workers, device)
    (self.weights, self.smoothing) = (weights, smoothing)
  }

  /// The pixels of this rank's rows of a batch on the host, with the partners that are made for mixing.
  private var batchBytes: Int { batches.madeSize * batches.pipeline.byteCount }

  /// What waits, and what is being made of single images.
  public var fullBatch: (samples: Int, waitingBytes: Int, sentBytes: Int) {
    let waiting = min(ahead, max(0, total - 1))
    return (batches.ownSize, (waiting + min(waiting, workers)) * batchBytes, batchBytes)
  }

  public func example(of count: Int) -> ImageClassification.Batch? {
    let (side, classes) = (batches.pipeline.size, batches.source.classNames.count)
    let target: Target =
      batches.mixing == nil
      ? .labels(Tensor(indices: Array(repeating: 0, count: count), on: device), smoothing: 0)
      : .probabilities(Tensor([count, classes], filledWith: 1 / Double(classes), on: device))
    return ImageClassification.Batch(
      images: Tensor([count, 3, side, side], filledWith: 0, on: device), target: target)
  }

  public func seek(_ index: Int, state: JSON?) {
    loader?.cancel()
    loader = batches.loader(from: index, to: total, workers: workers, ahead: ahead)
  }

  public func checkSkipped() throws { try batches.broken.check(over: batches.ranks) }

  public func next() throws -> ImageClassification.Batch {
    guard let batch = try loader?.next() else {
      throw InputError(
        "the run's position in its data lies beyond the end", at: "state.json of the checkpoint",
        cure: "resume from an undamaged checkpoint")
    }
    return Self.upload(
      batch, binarizes: binarizes, weights: weights, smoothing: smoothing, of: batches.ranks, to: device)
  }

  /// Mixed labels in which every class with a share counts as wholly there.
  static func binarized(_ targets: HostArray) -> HostArray {
    HostArray(targets.floats().map { $0 > 0 ? Float(1) : 0 }, shape: targets.shape)
  }

  /// A batch on a device with its labels, mixed where they were. With `weights` all `ranks` must be here: what they come to
  /// is a matter of the whole batch.
  static func upload(
    _ batch: ImageBatch, binarizes: Bool, weights: [Float]? = nil, smoothing: Float = 0,
    of ranks: any Communicator = SingleProcess(), to device: Device
  ) -> ImageClassification.Batch {
    let target: Target
    if let targets = batch.targets {
      var shares = binarizes ? Self.binarized(targets) : targets
      // torch's weighted loss of mixed labels is not divided by their weights.
      if let weights {
        let values = shares.floats().enumerated().map { $1 * weights[$0 % weights.count] }
        shares = HostArray(values, shape: shares.shape)
      }
      target = .probabilities(Tensor(shares, on: device))
    } else if let weights {
      let all = ranks.gatherUneven(batch.labels).flatMap(\.self)
      target = Target.labels(all, weights: weights, smoothing: smoothing, on: device)
        .rows(batch.first..<batch.first + batch.count)
    } else {
      target = .labels(batch.labels, weights: nil, smoothing: smoothing, on: device)
    }
    // Partners that other ranks have were there to be mixed with.
    let all = Tensor(batch.pixels, on: device)
    let images = batch.own.count == all.shape[0] ? all : all.samples(batch.own)
    var own = ImageClassification.Batch(images: images, target: target)
    own.first = batch.first
    return own
  }
}
