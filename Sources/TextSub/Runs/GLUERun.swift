public import SubCore
public import SubData
import SubNN
public import SubTrain

/// A training run of a BERT on a GLUE task.
public typealias GLUERun = TrainingRun<GLUETraining>

extension TrainingRun where Subject == GLUETraining {
  /// A run of a model on a task's data by a recipe. The model must be one for this very task.
  public init(
    _ recipe: GLUERecipe, on data: GLUEReader, _ model: TextRunModel,
    method: MethodChoice = MethodChoice(MaskSub.self), _ settings: RunSettings = RunSettings()
  ) throws {
    precondition(model.task.model.labelCount == data.task.labelCount, "GLUERun: a model for another task")
    guard recipe.data.maxLength <= model.config.positions else {
      throw InputError(
        "max_length is \(recipe.data.maxLength), the model has \(model.config.positions) positions",
        at: "--set max_length", cure: "give at most \(model.config.positions)", isUsage: true)
    }
    let (method, masking) = try method.resolved(by: recipe, settings)
    let training = try TextSource(
      data, .train, model.tokenizer, recipe, batchSize: recipe.loop.batchSize, on: settings.device)
    let splits = try data.task.evaluationSplits.map { split in
      (split, try TextSource(data, split, model.tokenizer, recipe, on: settings.device))
    }
    let subject = GLUETraining(
      model, data.task, on: training.shuffled(seed: settings.seed), evaluating: splits, masking: masking)
    self.init(
      "glue", subject, by: recipe, method: method,
      groups: .decayingAllButBiasesAndNorms(model.parameters, weightDecay: recipe.optimizer.weightDecay),
      bestMetrics: data.task.metricNames.suffix(1), settings)
    task = data.task.rawValue
    configuration = ["task": .string(data.task.rawValue), "data": .string(data.folder), "model": model.configJSON]
    remarks = training.remarks + splits.flatMap(\.1.remarks)
    title = "\(data.task.name): \(training.count) training sentences, \(model.parameters.count) weights"
    details = model.details
  }
}

extension TextSource {
  /// A split of a task's data, read as a recipe says; `batchSize` nil: in batches for evaluation.
  public convenience init(
    _ data: GLUEReader, _ split: GLUESplit, _ tokenizer: WordPieceTokenizer, _ recipe: GLUERecipe,
    batchSize: Int? = nil, on device: Device
  ) throws {
    let set = try data.read(split)
    self.init(
      set.examples, tokenizer, task: data.task, maxLength: recipe.data.maxLength,
      batchSize: batchSize ?? recipe.loop.evalBatchSize, remarks: set.remarks, on: device)
  }
}
