public import SubCore
public import SubData
import SubNN
public import SubTrain

/// A linear probe of a BERT: what its classifier reads of every text, which is the pooled first token.
public struct TextProbe: LinearProbing {
  public let title: String
  public let details: [String]
  public let classes: Int
  public let device: Device

  private let model: TextRunModel
  private let goal: TextTask
  private let training: TextSource
  private let evaluated: [TextSource]

  /// A probe of the weights in `folder` on a task whose texts are read as `recipe` says. Throws where labels are values.
  public init(
    _ folder: TextFolder, on data: any TextData, by recipe: GLUERecipe, _ settings: RunSettings = RunSettings()
  ) throws {
    let goal = data.textTask
    guard !goal.isRegression else {
      throw InputError(
        "a probe tells classes apart, and these labels are values", at: "--probe",
        cure: "leave it out: the network is trained on", isUsage: true)
    }
    guard goal.labels.count > 1 else {
      throw InputError(
        "the data have only one class", at: data.place, cure: "give data with two or more", isUsage: true)
    }
    let model = try TextRunModel(folder, for: goal, settings)
    let source = { (part: TextPart) in try TextSource(part, of: goal, for: model, recipe, on: settings.device) }
    (training, evaluated) = (try source(data.training()), try data.evaluation().map(source))
    (self.model, self.goal, device, classes) = (model, goal, settings.device, goal.labelCount)
    title =
      "linear probe: \(goal.title), \(training.count) training texts, "
      + "\(evaluated.map { "\($0.count)" }.joined(separator: " and ")) for evaluation, \(classes) classes"
    details =
      training.remarks + evaluated.flatMap(\.remarks) + model.details
      + [model.reader.remark(recipe.data.maxLength)].compactMap(\.self)
  }

  public func features(_ note: (String) -> Void) throws -> (training: ProbeFeatures, evaluated: [ProbeFeatures]) {
    (try features("train", of: training), try evaluated.map { try features("val" + $0.suffix, of: $0) })
  }

  /// The task's own.
  public func metrics(_ logits: [Float], part: Int, labels: [Int]) -> [(name: String, value: Double)] {
    TextMetrics.evaluate(
      goal, suffix: evaluated[part].suffix, predictions: TextMetrics.predictions(goal, logits: logits),
      labels: labels.map { Float($0) }
    ).map { ($0.name, $0.value) }
  }

  public func put(_ head: LinearProbe.Head) { model.parameters.put(head, at: "head") }
  public func write(to folder: String) throws { try model.write(to: folder) }

  private func features(_ name: String, of source: TextSource) throws -> ProbeFeatures {
    var values: [Float] = []
    for batch in source.inOrder() {
      try Interruption.check()
      values += Tape.withoutRecording { model.task.model.pooled(batch, .evaluation) }.floats()
    }
    return ProbeFeatures(name, values, labels: source.labels.map { Int($0) })
  }
}
