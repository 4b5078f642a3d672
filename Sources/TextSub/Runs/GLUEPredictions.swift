public import SubCore
public import SubData

/// What a model says of a GLUE task's test splits, as GLUE's server takes it.
public struct GLUEPredictions {
  private let task: GLUETask
  private let splits: [(split: GLUESplit, source: TextSource)]

  /// Reads the test splits. A file that is missing is missed here, before a training and not behind it.
  public init(_ data: GLUEReader, for model: TextRunModel, _ recipe: GLUERecipe, on device: Device) throws {
    task = data.task
    splits = try data.task.submissionSplits.filter { $0 != .diagnostic || data.path(of: $0) != nil }
      .map { ($0, try TextSource(data.part($0), of: data.textTask, for: model, recipe, on: device)) }
  }

  /// Writes a file for each split, under the name that GLUE wants, into a folder.
  public func write(of model: TextRunModel, to folder: String) throws {
    let goal = TextTask(task)
    let evaluator = TextEvaluator(model.task, goal)
    for (split, source) in splits {
      let predictions = TextMetrics.predictions(goal, logits: try evaluator.logits(source).logits)
      let lines = try GLUESubmission.lines(task, predictions: predictions)
      try AtomicFile.write(
        lines.joined(separator: "\n") + "\n", to: FileSystem.join(folder, GLUESubmission.fileName(task, split)))
    }
  }
}
