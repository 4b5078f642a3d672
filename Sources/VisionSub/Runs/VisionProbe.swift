public import SubCore
import SubData
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
    TopAccuracy(ranks: Ranking.ranks(logits, labels: labels)).named()
  }

  public func put(_ head: LinearProbe.Head) { model.parameters.put(head, at: model.config.head) }
  public func write(to folder: String) throws { try model.write(to: folder) }

  /// What the classifier reads of every image that can be read, in order.
  private func features(_ name: String, of source: any ImageSource, _ note: (String) -> Void) throws -> ProbeFeatures {
    let read = try model.task.model.readout(on: device, at: "--probe", cure: "finetune it", isUsage: true)
    let features = ImageFunction(
      model.recipe.evaluationPipeline, batchSize: batchSize, workers: settings.imageWorkers, maxBroken: maxBroken,
      on: device, read)
    let known = source.labels
    var (values, labels): ([Float], [Int]) = ([], [])
    let broken = try features(source) { index, row in
      values += row
      labels.append(known[index])
    }
    for line in broken.remarks("left out") { note(line) }
    guard !labels.isEmpty else {
      throw InputError("no image could be read", at: source.name(of: 0), cure: "repair the data")
    }
    return ProbeFeatures(name, values, labels: labels)
  }
}
