public import SubData

/// The metrics of GLUE's tasks, under the names that Hugging Face's `run_glue` gives them.
public enum GLUEMetrics {
  /// One metric.
  public struct Value: Sendable, Equatable {
    /// `matthews_correlation`, `accuracy`, `f1`, `pearson`, `spearmanr` or `combined_score`, with `_mm` for MNLI's
    /// mismatched set.
    public var name: String
    /// From -1 or 0 to 1.
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
  public static func predictions(_ task: GLUETask, logits: [Float]) -> [Float] {
    guard !task.isRegression else { return logits }
    let width = task.labelCount
    precondition(logits.count % width == 0, "predictions: \(logits.count) logits of \(width) classes")
    return stride(from: 0, to: logits.count, by: width).map { start in
      var best = 0
      for index in 1..<width where logits[start + index] > logits[start + best] { best = index }
      return Float(best)
    }
  }

  /// The task's metrics in the order of `metricNames`. Predictions and labels are class ids, or scores for regression.
  public static func evaluate(
    _ task: GLUETask, _ split: GLUESplit = .dev, predictions: [Float], labels: [Float]
  ) -> [Value] {
    let classes = task.isRegression ? [] : predictions.map { Int($0) }
    let targets = task.isRegression ? [] : labels.map { Int($0) }
    let values: [Double] =
      switch task {
      case .cola: [ClassificationMetrics.matthews(classes, targets)]
      case .sst2, .mnli, .qnli, .rte, .wnli: [ClassificationMetrics.accuracy(classes, targets)]
      case .mrpc, .qqp:
        withMean(ClassificationMetrics.accuracy(classes, targets), ClassificationMetrics.f1(classes, targets))
      case .stsb:
        withMean(
          CorrelationMetrics.pearson(predictions.map { Double($0) }, labels.map { Double($0) }),
          CorrelationMetrics.spearman(predictions.map { Double($0) }, labels.map { Double($0) }))
      }
    return zip(task.metricNames, values).map { Value(name: $0 + split.metricSuffix, value: $1) }
  }

  private static func withMean(_ first: Double, _ second: Double) -> [Double] {
    [first, second, (first + second) / 2]
  }
}
