public import SubCore
import SubData
public import SubNN
public import SubTrain
import VisionSub

/// Zero-shot accuracy and retrieval of a model, as often as they are asked for.
public struct ZeroShotEvaluation {
  private let clip: ClipRunModel
  private let data: ZeroShotData
  private let classes: ClassNames?
  private let templates: PromptTemplates
  /// Pairs, or images, of a batch.
  var batchSize: Int
  private let ranks: any Communicator
  private var device: Device { clip.parameters.arena.device }
  /// What is to be said of the prompts, in a line each.
  public let details: [String]
  /// What was left out, in a line each, of all ranks; set by the evaluation.
  public private(set) var remarks: [String] = []

  /// An evaluation of a model; `classes` in label order, `place` is where they were named. Ranks share it out. Throws where
  /// names do not fit the class folders.
  public init(
    _ clip: ClipRunModel, on data: ZeroShotData, classes: ClassNames? = nil, at place: String = "",
    templates: PromptTemplates = .imageNet, batchSize: Int = 64, sharedBy ranks: any Communicator = SingleProcess()
  ) throws {
    (self.clip, self.data, self.templates, self.batchSize) = (clip, data, templates, batchSize)
    self.ranks = ranks
    guard case .classes(let images) = data else {
      (self.classes, details) = (classes, [])
      return
    }
    func spoken(_ folder: String) -> String { folder.replacing("_", with: " ") }
    let names = classes ?? ClassNames(images.classNames.map(spoken))
    let joined = classes == nil ? images.classNames.first { $0.contains("_") } : nil
    details =
      joined.map {
        [
          "the prompts have a space for each _ of the class folders' names, \($0) is '\(spoken($0))' (--classes FILE for "
            + "others)"
        ]
      } ?? []
    guard names.names.count == images.classNames.count else {
      throw InputError(
        "\(names.names.count) class names for \(images.classNames.count) class folders", at: place,
        cure: "give one name for each folder, in the order of their sorted names")
    }
    self.classes = names
  }

  /// Bytes on the host that an image of a batch takes, alone and in its batch, while batches wait.
  var hostBytes: Int {
    let values = 3 * clip.config.image.size * clip.config.image.size
    return switch data {
    case .captions: 2 * values
    case .classes: values * (3 * Processor.threads + 1)
    }
  }

  /// All figures in order, by open_clip's names, and for image-caption data the contrastive loss.
  public mutating func callAsFunction(masking: Masking? = nil) throws -> Evaluation {
    switch data {
    case .classes(let images): Evaluation(metrics: try classify(images).named(Self.prefix))
    case .captions(let set): try pairs(set, masking)
    }
  }

  private mutating func pairs(_ set: CaptionSet, _ masking: Masking?) throws -> Evaluation {
    let turn = batchSize * ranks.count
    let batches = CaptionBatches(
      try CaptionStream(set, order: .evaluation), tokenizer: clip.tokenizer,
      pipeline: clip.preparation.pipeline(size: clip.config.image.size), batchSize: turn,
      rows: ranks.rows(of: turn), contextLength: clip.config.text.contextLength, key: RandomKey(seed: 0), fills: false,
      threads: Processor.threads)
    let evaluator = ClipEvaluator(clip.model, sharedBy: ranks, on: device)
    let features = try evaluator.features(batches, masking: masking)
    let skipped = batches.faults.summary(over: ranks)
    remarks = skipped.isEmpty ? [] : ["skipped in the evaluation: \(skipped)"]
    guard features.count > 0 else {
      throw InputError(
        "no pair could be evaluated" + (skipped.isEmpty ? "" : ": \(skipped)"), at: set.source, cure: "repair the data")
    }
    var metrics: [(name: String, value: Double)] = []
    if let classes, let most = features.labels.compactMap({ $0 }).max() {
      guard most < classes.names.count else {
        throw InputError(
          "the data has label \(most), there are \(classes.names.count) class names", at: set.source,
          cure: "give the names of all classes, in label order from 0, with --classes")
      }
      let classifier = ZeroShotClassifier(
        clip.model, clip.tokenizer, classes, templates, sharedBy: ranks, on: device)
      if let accuracy = evaluator.accuracy(features, classifier) {
        metrics = accuracy.named(Self.prefix)
      }
    }
    return Evaluation(
      metrics: metrics + evaluator.retrieval(features).named, loss: features.loss, maskedLoss: features.maskedLoss)
  }

  private mutating func classify(_ images: ImageFolder) throws -> TopAccuracy {
    guard let classes else { preconditionFailure("ZeroShotEvaluation: classes without names") }
    let classifier = ZeroShotClassifier(clip.model, clip.tokenizer, classes, templates, sharedBy: ranks, on: device)
    let evaluator = ClipEvaluator(clip.model, on: device)
    let batches = ImageBatches(
      source: images,
      sampler: ImageSampler(count: images.count, batchSize: batchSize, seed: 0, shuffles: false, dropsLast: false),
      pipeline: clip.preparation.pipeline(size: clip.config.image.size),
      broken: BrokenImages(limit: 100, cure: "repair the data"))
    // Batches are made in turn by the ranks, of which the last ones may have none in the last turn.
    let loader = Loader(0..<ranks.turns(at: batches.perEpoch), workers: Processor.threads) {
      [ranks] turn -> ImageBatch? in
      let number = turn * ranks.count + ranks.rank
      return try number < batches.perEpoch ? batches.batch(number) : nil
    }
    defer { loader.cancel() }
    var own = TopAccuracy()
    while let turn = try loader.next() {
      try ranks.checkInterruption()
      guard let batch = turn, batch.count > 0 else { continue }
      let scores = classifier.scores(evaluator.imageFeatures(batch.pixels))
      for rank in Ranking.ranks(scores, labels: batch.labels) { own.add(rank: rank) }
    }
    try batches.broken.check(over: ranks)
    remarks = batches.broken.remarks("not counted", over: ranks)
    let accuracy = own.summed(over: ranks)
    guard accuracy.count > 0 else {
      throw InputError("no image could be read", at: images.name(of: 0), cure: "repair the data")
    }
    return accuracy
  }

  /// What stands before the figures' names, as open_clip calls them.
  private static var prefix: String { "zeroshot_" }
}
