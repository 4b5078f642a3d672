import SubCore
public import SubData
public import SubNN
public import SubTrain

/// Logits, losses and metrics of a model on a split.
public struct TextEvaluator {
  let task: SequenceClassification
  let goal: TextTask

  /// An evaluator of a model on a task's texts.
  public init(_ task: SequenceClassification, _ goal: TextTask) { (self.task, self.goal) = (task, goal) }

  /// Logits of all sentences, [count · labels], and the mean loss. `masking` hides tokens, for `--analyze`.
  public func logits(_ source: TextSource, masking: Masking? = nil) throws -> (logits: [Float], loss: Double) {
    try Tape.withoutRecording {
      var (logits, loss): ([Float], Double) = ([], 0)
      for (number, batch) in source.inOrder().enumerated() {
        try Interruption.check()
        var pass = Pass.evaluation.at(number)
        pass.masking = masking
        let output = task.forward(batch, (), pass)
        logits += output.floats()
        loss += task.loss(output, batch).item * Double(batch.count)
      }
      return (logits, loss / Double(max(1, source.count)))
    }
  }

  /// The task's metrics over its evaluation parts, the first of which also gives the losses.
  public func callAsFunction(_ parts: [TextSource], masking: Masking? = nil) throws -> Evaluation {
    var evaluation = Evaluation()
    for (number, source) in parts.enumerated() {
      let (logits, loss) = try logits(source)
      let values = TextMetrics.evaluate(
        goal, suffix: source.suffix, predictions: TextMetrics.predictions(goal, logits: logits), labels: source.labels)
      evaluation.metrics += values.map { ($0.name, $0.value) }
      if number == 0 {
        evaluation.loss = loss
        evaluation.maskedLoss = try masking.map { try self.logits(source, masking: $0).loss }
      }
    }
    return evaluation
  }
}
