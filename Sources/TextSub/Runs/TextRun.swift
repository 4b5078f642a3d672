public import SubCore
public import SubData
import SubNN
public import SubTrain

/// A training run of a BERT on texts with labels: a GLUE task's, or one's own.
public typealias TextRun = TrainingRun<TextTraining>

extension TrainingRun where Subject == TextTraining {
  /// A run of a model on a task's data by a recipe. The model must be one for this very task.
  ///
  /// - Parameter classWeights: what samples of each class count in the loss; nil: all alike. Throws for a regression.
  public init(
    _ recipe: GLUERecipe, on data: any TextData, _ model: TextRunModel,
    method: MethodChoice = MethodChoice(MaskSub.self), classWeights: ClassWeights? = nil,
    _ settings: RunSettings = RunSettings()
  ) throws {
    let goal = data.textTask
    precondition(model.task.model.labelCount == goal.labelCount, "TextRun: a model for another task")
    guard recipe.data.maxLength <= model.config.positions else {
      throw InputError(
        "max_length is \(recipe.data.maxLength), the model has \(model.config.positions) positions",
        at: "--set max_length", cure: "give at most \(model.config.positions)", isUsage: true)
    }
    let (method, masking) = try method.resolved(by: recipe, settings)
    let part = try data.training()
    let weights = try classWeights.map { weights in
      guard !goal.isRegression else {
        throw InputError("a regression has no classes", at: "--class-weights", cure: "leave it out", isUsage: true)
      }
      return try weights.values(labels: part.examples.map { Int($0.label ?? 0) }, names: goal.labels)
    }
    let training = try TextSource(
      part, of: goal, for: model, recipe, batchSize: recipe.loop.batchSize, weights: weights, on: settings.device)
    let parts = try data.evaluation().map { try TextSource($0, of: goal, for: model, recipe, on: settings.device) }
    let subject = TextTraining(
      model, goal, on: training.shuffled(seed: settings.seed, ranks: settings.ranks), evaluating: parts,
      masking: masking,
      ranks: settings.ranks)
    try self.init(
      "glue", subject, by: recipe, method: method,
      groups: ParameterGroups(
        model.parameters, weightDecay: recipe.optimizer.weightDecay, rule: .biasesAndNorms,
        layers: recipe.layerDecay(of: model.config)),
      bestMetrics: [goal.bestMetric.rawValue], settings)
    task = goal.name
    configuration = [
      "task": .string(goal.name), "data": .string(data.place), "model": model.configJSON,
      "class_weights": weights.map { .array($0.map { JSON($0) }) } ?? .null,
    ]
    remarks =
      training.remarks + parts.flatMap(\.remarks) + [model.reader.remark(recipe.data.maxLength)].compactMap(\.self)
    title = "\(goal.title): \(training.count) training texts, \(model.parameters.count) weights"
    details =
      model.details + (goal.isRegression ? [] : [Self.classLine(goal.labels, weights)])
  }

  /// The classes in their order, with their weights where they have some.
  private static func classLine(_ names: [String], _ weights: [Float]?) -> String {
    let shown = names.prefix(12).enumerated().map { index, name in
      name + (weights.map { " (weight \($0[index]))" } ?? "")
    }
    return "\(names.count) classes: " + shown.joined(separator: ", ") + (names.count > shown.count ? ", …" : "")
  }
}

extension TextSource {
  /// A part of a task's data, read as a recipe says; `batchSize` nil: in batches for evaluation.
  public convenience init(
    _ part: TextPart, of task: TextTask, for model: TextRunModel, _ recipe: GLUERecipe, batchSize: Int? = nil,
    weights: [Float]? = nil, on device: Device
  ) throws {
    try self.init(
      part, for: model, task: task, maxLength: recipe.data.maxLength, batchSize: batchSize ?? recipe.loop.evalBatchSize,
      weights: weights, on: device)
  }
}
