public import SubData

/// What is reported of a text task's predictions, under the names that Hugging Face's `run_glue` gives it.
public enum TextMetrics {
  /// One metric.
  public struct Value: Sendable, Equatable {
    /// `matthews_correlation`, `accuracy`, `f1`, `pearson`, `spearmanr`, `combined_score`, …, with `_mm` for MNLI's
    /// mismatched set.
    public var name: String
    /// From -1 or 0 to 1; an error may be larger.
    public var value: Double

    /// A metric by name.
    public init(name: String, value: Double) {
      self.name = name
      self.value = value
    }
  }

  /// What a model predicts: the first of the largest logits of every example or, for regression, the output itself.
  ///
  /// - Parameter logits: `[N, task.labelCount]`, row-major.
  public static func predictions(_ task: TextTask, logits: [Float]) -> [Float] {
    guard !task.isRegression else { return logits }
    let width = task.labelCount
    precondition(logits.count % width == 0, "predictions: \(logits.count) logits of \(width) classes")
    return stride(from: 0, to: logits.count, by: width).map { start in
      var best = 0
      for index in 1..<width where logits[start + index] > logits[start + best] { best = index }
      return Float(best)
    }
  }

  /// The task's metrics in its order. Predictions and labels are class ids, or numbers for regression; `suffix` stands
  /// behind the names.
  public static func evaluate(
    _ task: TextTask, suffix: String = "", predictions: [Float], labels: [Float]
  ) -> [Value] {
    let (x, y) = (predictions.map { Double($0) }, labels.map { Double($0) })
    let classes = task.isRegression ? [] : predictions.map { Int($0) }
    let targets = task.isRegression ? [] : labels.map { Int($0) }
    return task.metrics.reduce(into: []) { values, metric in
      let value: Double =
        switch metric {
        case .accuracy: ClassificationMetrics.accuracy(classes, targets)
        case .f1: ClassificationMetrics.f1(classes, targets)
        case .macroF1: ClassificationMetrics.macroF1(classes, targets)
        case .matthews: ClassificationMetrics.matthews(classes, targets)
        case .pearson: CorrelationMetrics.pearson(x, y)
        case .spearman: CorrelationMetrics.spearman(x, y)
        case .mse: zip(x, y).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) } / Double(y.count)
        case .combined: values.suffix(2).reduce(0) { $0 + $1.value } / 2
        }
      values.append(Value(name: metric.rawValue + suffix, value: value))
    }
  }
}
