public import SubCore
public import SubData
public import SubNN
public import SubTrain

/// Logits, losses and metrics of a model on a split.
public struct TextEvaluator {
  let task: SequenceClassification
  let goal: TextTask
  private let ranks: any Communicator

  /// An evaluator of a model on a task's texts. Of several ranks each takes its rows of every batch, and all get what all
  /// found.
  public init(_ task: SequenceClassification, _ goal: TextTask, ranks: any Communicator = SingleProcess()) {
    (self.task, self.goal, self.ranks) = (task, goal, ranks)
  }

  /// Logits of all sentences, [count · labels], and the mean loss. `masking` hides tokens, for `--analyze`.
  public func logits(_ source: TextSource, masking: Masking? = nil) throws -> (logits: [Float], loss: Double) {
    try Tape.withoutRecording {
      var (logits, loss, sizes): ([Float], Double, [Int]) = ([], 0, [])
      for (number, whole) in source.inOrder().enumerated() {
        try ranks.checkInterruption()
        sizes.append(whole.count)
        guard let batch = ranks.isAlone ? whole : whole.part(ranks.rows(of: whole.count)), batch.count > 0 else {
          continue
        }
        var pass = Pass.evaluation.at(number)
        pass.masking = masking
        let output = task.forward(batch, (), pass)
        logits += output.floats()
        loss += task.loss(output, batch).item * Double(batch.count)
      }
      let count = Double(max(1, source.count))
      return (together(logits, sizes), ranks.sum([loss])[0] / count)
    }
  }

  /// The logits of all ranks in the order of the samples, given the sizes of the batches.
  private func together(_ own: [Float], _ sizes: [Int]) -> [Float] {
    guard !ranks.isAlone else { return own }
    var rest = ranks.gatherUneven(own).map { $0[...] }
    return sizes.flatMap { size in
      (0..<ranks.count).flatMap { rank -> ArraySlice<Float> in
        let count = ranks.rows(of: size, at: rank).count * task.model.labelCount
        defer { rest[rank] = rest[rank].dropFirst(count) }
        return rest[rank].prefix(count)
      }
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
