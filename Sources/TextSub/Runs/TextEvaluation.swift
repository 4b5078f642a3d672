public import SubData
public import SubTrain

/// A trained BERT on what a task's data has to evaluate on.
public struct TextEvaluation {
  /// What became of the weights.
  public let details: [String]
  private let evaluator: TextEvaluator
  private let parts: [TextSource]

  /// An evaluation of the weights in `folder`, whose classifier must be there. `recipe` says how sentences are read: that
  /// of the model's run.
  public init(
    _ folder: TextFolder, on data: any TextData, by recipe: GLUERecipe, _ settings: RunSettings = RunSettings()
  ) throws {
    let model = try TextRunModel(folder, isTrained: true, for: data.textTask, settings)
    var recipe = recipe
    recipe.data.maxLength = max(8, min(model.config.positions, recipe.data.maxLength))
    parts = try data.evaluation().map {
      TextSource($0, of: data.textTask, model.tokenizer, recipe, on: settings.device)
    }
    evaluator = TextEvaluator(model.task, data.textTask, ranks: settings.ranks)
    details = model.details + parts.flatMap(\.remarks)
  }

  /// The task's metrics and the mean loss.
  public func callAsFunction() throws -> Evaluation { try evaluator(parts) }
}
