public import SubCore
public import SubData
public import SubNN
public import SubTrain

/// Top-1, top-5 and the loss of a model on labelled images.
public struct VisionEvaluator {
  /// The batches of one pass, in order.
  public private(set) var batches: ImageBatches
  let task: ImageClassification
  private let workers: Int
  let device: Device

  /// An evaluator of a model on the images of a source, framed and normalised by `pipeline`. More than
  /// `maxBroken` unreadable ones, of all ranks together, are an error.
  public init(
    _ task: ImageClassification, _ source: any ImageSource, _ pipeline: ImagePipeline, batchSize: Int, workers: Int,
    maxBroken: Int = 100, on device: Device, ranks: any Communicator = SingleProcess()
  ) {
    batches = Self.batches(source, pipeline, of: batchSize, BrokenImages(limit: maxBroken), ranks)
    (self.task, self.workers, self.device) = (task, workers, device)
  }

  private static func batches(
    _ source: any ImageSource, _ pipeline: ImagePipeline, of batchSize: Int, _ broken: BrokenImages,
    _ ranks: any Communicator
  ) -> ImageBatches {
    let sampler = ImageSampler(count: source.count, batchSize: batchSize, seed: 0, shuffles: false, dropsLast: false)
    return ImageBatches(source: source, sampler: sampler, pipeline: pipeline, broken: broken, ranks: ranks)
  }

  private var ranks: any Communicator { batches.ranks }

  /// What all ranks passed over; all of them ask for it.
  var remarks: [String] { batches.broken.remarks("not counted", over: ranks) }

  /// Images of a batch that are this rank's.
  var batchSize: Int {
    get { ranks.rows(of: min(batches.sampler.batchSize, batches.sampler.count), at: 0).count }
    set {
      batches = Self.batches(batches.source, batches.pipeline, of: newValue * ranks.count, batches.broken, ranks)
    }
  }

  /// Batches that are made ahead of time.
  private var ahead: Int { max(2, 2 * workers) }

  /// Bytes on the host that an image of a batch takes while batches wait, or are put together of single images.
  var hostBytes: Int {
    batches.pipeline.byteCount * (min(ahead + 1, batches.perEpoch) + max(1, workers))
  }

  /// Of several ranks each takes its rows of every batch, and all get the same figures:
  /// `top1` and `top5` as shares of the images that could be read, and the mean cross-entropy against the labels as they
  /// are, whatever the training's loss; with `masking` also that of masked images.
  public func callAsFunction(masking: Masking? = nil) throws -> Evaluation {
    try Tape.withoutRecording {
      let loader = batches.loader(to: batches.perEpoch, workers: workers, ahead: ahead)
      defer { loader.cancel() }
      let objective = Loss.crossEntropy
      var (accuracy, loss, masked) = (TopAccuracy(), 0.0, 0.0)
      while let batch = try loader.next() {
        try ranks.checkInterruption()
        guard batch.count > 0 else { continue }
        let own = VisionBatches.upload(batch, binarizes: false, to: device)
        var pass = Pass.evaluation.at(batch.number)
        let logits = task.forward(own, nil, pass)
        loss += objective(logits, own.target).item * Double(batch.count)
        for rank in Ranking.ranks(logits.floats(), labels: batch.labels) { accuracy.add(rank: rank) }
        if let masking {
          pass.masking = masking
          masked += objective(task.forward(own, nil, pass), own.target).item * Double(batch.count)
        }
      }
      try batches.broken.check(over: ranks)
      let all = accuracy.summed(over: ranks)
      let means = ranks.sum([loss, masked]).map { $0 / Double(max(1, all.count)) }
      return Evaluation(metrics: all.named(), loss: means[0], maskedLoss: masking.map { _ in means[1] })
    }
  }
}
