/// What an evaluation found.
public struct Evaluation: Sendable {
  /// The task's metrics by name, in order; values as the task reports them.
  public var metrics: [(name: String, value: Double)] = []
  /// The mean main loss.
  public var loss: Double?
  /// With `--analyze`: the mean loss of masked inputs against the labels.
  public var maskedLoss: Double?

  /// An evaluation.
  public init(metrics: [(name: String, value: Double)] = [], loss: Double? = nil, maskedLoss: Double? = nil) {
    (self.metrics, self.loss, self.maskedLoss) = (metrics, loss, maskedLoss)
  }

  /// Whether nothing was evaluated.
  public var isEmpty: Bool { metrics.isEmpty && loss == nil }

  /// The figures in one line.
  public var summary: String {
    let figures = metrics + (loss.map { [("loss", $0)] } ?? [])
    return figures.map { "\($0.name) \($0.value.fixed(4))" }.joined(separator: ", ")
  }
}
