public import SubData
public import SubTrain

/// A trained BERT on the evaluation splits of a GLUE task.
public struct GLUEEvaluation {
  /// What became of the weights.
  public let details: [String]
  private let evaluator: TextEvaluator
  private let splits: [(split: GLUESplit, source: TextSource)]

  /// An evaluation of the weights in `folder`, whose classifier must be there. `recipe` says how sentences are read: that
  /// of the model's run.
  public init(
    _ folder: TextFolder, on data: GLUEReader, by recipe: GLUERecipe, _ settings: RunSettings = RunSettings()
  ) throws {
    let model = try TextRunModel(folder, isTrained: true, for: data.task, settings)
    var recipe = recipe
    recipe.data.maxLength = max(8, min(model.config.positions, recipe.data.maxLength))
    splits = try data.task.evaluationSplits.map { split in
      (split, try TextSource(data, split, model.tokenizer, recipe, on: settings.device))
    }
    evaluator = TextEvaluator(model.task, data.task)
    details = model.details + splits.flatMap(\.source.remarks)
  }

  /// The task's metrics and the mean loss.
  public func callAsFunction() throws -> Evaluation { try evaluator(splits) }
}
