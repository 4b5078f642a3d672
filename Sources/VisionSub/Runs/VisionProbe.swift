public import SubCore
import SubData
import SubNN
public import SubTrain

/// A linear probe of a vision model: what its classifier reads of every image, computed once and not augmented, and a new
/// classifier on that by logistic regression. What the features are worth without training the network on.
///
/// The strength of the penalty is searched as CLIP's evaluation does it: on a fifth of the training images, which then serve
/// to fit the classifier with all others.
public struct VisionProbe {
  /// The model in words, and what became of its weights.
  public let title: String
  public let details: [String]
  /// The share of the training images by which the strength is chosen.
  public static let searched = 0.2

  private let model: VisionRunModel
  private let data: VisionData
  private let validation: any ImageSource
  private let batchSize, maxBroken: Int
  private let settings: RunSettings

  /// A probe of the weights in `folder`. Throws where there is nothing to evaluate on.
  public init(
    _ folder: VisionFolder, on data: VisionData, batchSize: Int = 64, maxBroken: Int = 100,
    _ settings: RunSettings = RunSettings()
  ) throws {
    guard let validation = data.validation else {
      throw InputError(
        "there are no images to evaluate on", at: "--data",
        cure: "name some with --validation, or hold some out with --validation-fraction 0.1", isUsage: true)
    }
    guard data.classNames.count > 1 else {
      throw InputError(
        "there is one class: nothing is to be told apart", at: "--data", cure: "give more", isUsage: true)
    }
    model = try VisionRunModel(probing: folder, classNames: data.classNames, settings)
    (self.data, self.validation, self.settings) = (data, validation, settings)
    (self.batchSize, self.maxBroken) = (batchSize, maxBroken)
    title =
      "linear probe: \(model.description), \(data.train.count) training images, \(validation.count) for evaluation, "
      + "\(data.classNames.count) classes"
    details = data.remarks + model.details
  }

  /// Features of images with their labels.
  public struct Features: Sendable {
    /// f32 [N, D].
    public let values: HostArray
    /// The class of every row.
    public let labels: [Int]
  }

  /// What was found.
  public struct Result {
    /// `top1`, `top5` and the loss on what is evaluated.
    public let evaluation: Evaluation
    /// The strengths that were tried and the shares of the searched images that they got right; one, where it was given.
    public let tried: [(strength: Double, score: Double)]
    /// The classifier.
    public let head: LinearProbe.Head
    /// What it was fitted on, and what it was evaluated on.
    public let training, evaluated: Features
    /// Seconds for the features, and for the classifiers.
    public let featureSeconds, fitSeconds: Double
  }

  /// Runs the probe and puts the classifier into the model. `strength`: scikit-learn's C; nil: it is searched.
  public func callAsFunction(strength: Double? = nil, note: (String) -> Void = { _ in }) throws -> Result {
    let began = WallClock.seconds()
    let (training, evaluated) = (try features(of: data.train, note), try features(of: validation, note))
    let computed = WallClock.seconds()
    note("\(training.labels.count) and \(evaluated.labels.count) features of \(training.values.shape[1])")
    let (classes, device) = (data.classNames.count, settings.device)
    var sweep = StrengthSweep()
    let best = try strength ?? search(training, &sweep, note)
    let head = try LinearProbe(training.values, labels: training.labels, classes: classes, on: device)
      .fit(strength: best)
    if !head.hasConverged { note("the fit at C \(best) ended after \(head.steps) steps without converging") }
    model.put(head)
    let logits = LinearProbe.logits(head, evaluated.values, on: device)
    let seconds = WallClock.seconds() - computed
    return Result(
      evaluation: Self.evaluation(logits, evaluated.labels), tried: sweep.tried, head: head, training: training,
      evaluated: evaluated, featureSeconds: computed - began, fitSeconds: seconds)
  }

  /// Writes the model with its new classifier: a folder that `--from` takes.
  public func write(to folder: String) throws { try model.write(to: folder) }

  private func search(_ all: Features, _ sweep: inout StrengthSweep, _ note: (String) -> Void) throws -> Double {
    let parts = SampleSplit(fraction: Self.searched).parts(all.labels, count: all.labels.count)
    guard !parts.held.isEmpty else {
      throw InputError(
        "\(all.labels.count) training images are too few to search the strength", at: "--probe",
        cure: "give it with --probe-strength 1", isUsage: true)
    }
    let (values, labels) = (all.values.rows(parts.training), parts.training.map { all.labels[$0] })
    let (others, known) = (all.values.rows(parts.held), parts.held.map { all.labels[$0] })
    let probe = LinearProbe(values, labels: labels, classes: data.classNames.count, on: settings.device)
    return try sweep.search { strength in
      let head = try probe.fit(strength: strength)
      let logits = LinearProbe.logits(head, others, on: settings.device)
      let right = Ranking.ranks(logits, labels: known).count { $0 == 0 }
      let score = Double(right) / Double(known.count)
      note("C \(strength.fixed(6)): \(score.fixed(4)) of \(known.count) held-out images, \(head.steps) steps")
      return score
    }
  }

  /// What the classifier reads of every image that can be read, in order.
  private func features(of source: any ImageSource, _ note: (String) -> Void) throws -> Features {
    let sampler = ImageSampler(
      count: source.count, batchSize: batchSize, seed: 0, shuffles: false, dropsLast: false)
    let batches = ImageBatches(
      source: source, sampler: sampler, pipeline: model.recipe.evaluationPipeline,
      broken: BrokenImages(limit: maxBroken))
    let loader = batches.loader(to: batches.perEpoch, workers: settings.imageWorkers)
    defer { loader.cancel() }
    var (values, labels, width): ([Float], [Int], Int) = ([], [], 0)
    while let batch = try loader.next() {
      try Interruption.check()
      guard batch.count > 0 else { continue }
      let features = Tape.withoutRecording {
        model.task.model.features(Tensor(batch.pixels, on: settings.device), .evaluation)
      }
      guard let features else {
        throw InputError(
          "a \(model.config.family.name) hands out no features", at: "--probe", cure: "finetune it", isUsage: true)
      }
      width = features.shape.columns
      values += features.floats()
      labels += batch.labels
    }
    for line in batches.broken.remarks("left out") { note(line) }
    guard !labels.isEmpty else {
      throw InputError("no image could be read", at: source.name(of: 0), cure: "repair the data")
    }
    return Features(values: HostArray(values, shape: [labels.count, width]), labels: labels)
  }

  private static func evaluation(_ logits: [Float], _ labels: [Int]) -> Evaluation {
    let ranks = Ranking.ranks(logits, labels: labels)
    let share = { (most: Int) in Double(ranks.count { $0 < most }) / Double(max(1, labels.count)) }
    return Evaluation(metrics: [("top1", share(1)), ("top5", share(5))])
  }
}

extension VisionProbe.Result {
  /// The features that were fitted and evaluated on, with their labels: `train.features`, `train.labels`, `val.…`.
  public var tensors: [(name: String, array: HostArray)] {
    [("train", training), ("val", evaluated)].flatMap { name, part in
      [
        ("\(name).features", part.values),
        ("\(name).labels", HostArray(part.labels.map { Int64($0) }, shape: [part.labels.count])),
      ]
    }
  }
}
