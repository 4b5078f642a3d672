import SubCore
public import SubData
public import SubTrain

/// A trained BERT on what a task's data has to evaluate on.
public struct TextEvaluation {
  /// What became of the weights.
  public let details: [String]
  private let evaluator: TextEvaluator
  private let parts: [TextSource]

  /// An evaluation of the weights in `folder`, whose classifier must be there and say one class or one number. `recipe` says
  /// how sentences are read: that of the model's run.
  public init(
    _ folder: TextFolder, on data: any TextData, by recipe: GLUERecipe, _ settings: RunSettings = RunSettings()
  ) throws {
    let model = try TextRunModel(folder, isTrained: true, for: data.textTask, settings)
    guard try folder.labels().isEmpty == data.textTask.isRegression else {
      throw InputError(
        "the model says a \(data.textTask.isRegression ? "class" : "number"), and the labels of \(data.textTask.title) are "
          + (data.textTask.isRegression ? "numbers" : "classes"), at: folder.config.place,
        cure: "evaluate on what the model was trained for; problem_type says so, or the number of its outputs")
    }
    parts = try data.evaluation().map {
      try TextSource($0, of: data.textTask, for: model, recipe, on: settings.device)
    }
    evaluator = TextEvaluator(model.task, data.textTask, ranks: settings.ranks)
    details =
      model.details + [model.reader.remark(recipe.data.maxLength)].compactMap(\.self) + parts.flatMap(\.remarks)
  }

  /// The task's metrics and the mean loss.
  public func callAsFunction() throws -> Evaluation { try evaluator(parts) }
}
