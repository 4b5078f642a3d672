public import SubCore
import SubData
import SubNN
public import SubTrain

/// A linear probe of a vision model: what its classifier reads of every image, not augmented.
public struct VisionProbe: LinearProbing {
  public let title: String
  public let details: [String]
  public let classes: Int

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
        "the data have only one class", at: "--data", cure: "give data with two or more", isUsage: true)
    }
    model = try VisionRunModel(probing: folder, classNames: data.classNames, settings)
    (self.data, self.validation, self.settings) = (data, validation, settings)
    (self.batchSize, self.maxBroken, classes) = (batchSize, maxBroken, data.classNames.count)
    title =
      "linear probe: \(model.description), \(data.train.count) training images, \(validation.count) for evaluation, "
      + "\(classes) classes"
    details = data.remarks + model.details
  }

  public var device: Device { settings.device }

  public func features(_ note: (String) -> Void) throws -> (training: ProbeFeatures, evaluated: [ProbeFeatures]) {
    (try features("train", of: data.train, note), [try features("val", of: validation, note)])
  }

  /// `top1` and `top5`.
  public func metrics(_ logits: [Float], part: Int, labels: [Int]) -> [(name: String, value: Double)] {
    let ranks = Ranking.ranks(logits, labels: labels)
    let share = { (most: Int) in Double(ranks.count { $0 < most }) / Double(max(1, labels.count)) }
    return [("top1", share(1)), ("top5", share(5))]
  }

  public func put(_ head: LinearProbe.Head) { model.parameters.put(head, at: model.config.head) }
  public func write(to folder: String) throws { try model.write(to: folder) }

  /// What the classifier reads of every image that can be read, in order.
  private func features(_ name: String, of source: any ImageSource, _ note: (String) -> Void) throws -> ProbeFeatures {
    let sampler = ImageSampler(
      count: source.count, batchSize: batchSize, seed: 0, shuffles: false, dropsLast: false)
    let batches = ImageBatches(
      source: source, sampler: sampler, pipeline: model.recipe.evaluationPipeline,
      broken: BrokenImages(limit: maxBroken))
    let loader = batches.loader(to: batches.perEpoch, workers: settings.imageWorkers)
    defer { loader.cancel() }
    var (values, labels): ([Float], [Int]) = ([], [])
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
      values += features.floats()
      labels += batch.labels
    }
    for line in batches.broken.remarks("left out") { note(line) }
    guard !labels.isEmpty else {
      throw InputError("no image could be read", at: source.name(of: 0), cure: "repair the data")
    }
    return ProbeFeatures(name, values, labels: labels)
  }
}
