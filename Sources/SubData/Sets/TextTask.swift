/// What is to be said of a text or a pair: one of some classes, or a number.
public struct TextTask: Sendable, Equatable {
  /// What a run's files call it: `cola`.
  public let name: String
  /// What it is called in words: `CoLA`.
  public let title: String
  /// The classes by id; empty for a number.
  public let labels: [String]
  /// What is reported of predictions.
  public let metrics: [TextMetric]
  /// Whose best value is remembered.
  public let bestMetric: TextMetric

  /// Whether the model predicts a number rather than a class.
  public var isRegression: Bool { labels.isEmpty }
  /// The number of outputs of a classifier for the task: 1 for a number.
  public var labelCount: Int { isRegression ? 1 : labels.count }

  /// The task of one's own labels.
  public init(_ labels: LabelSet, title: String) {
    (name, self.title, self.labels) = ("own", title, labels.names)
    metrics =
      labels.isRegression
      ? [.mse, .pearson, .spearman] : labels.names.count == 2 ? [.accuracy, .f1, .matthews] : [.accuracy, .macroF1]
    bestMetric = labels.isRegression ? .spearman : .accuracy
  }

  /// A task of GLUE.
  public init(_ task: GLUETask) {
    (name, title, labels, metrics) = (task.rawValue, task.name, task.labels, task.metrics)
    bestMetric = task.metrics.last!
  }

  // GLUE's tasks by their names.
  public static let cola = TextTask(.cola), sst2 = TextTask(.sst2), mrpc = TextTask(.mrpc), stsb = TextTask(.stsb)
  public static let qqp = TextTask(.qqp), mnli = TextTask(.mnli), qnli = TextTask(.qnli), rte = TextTask(.rte)
  public static let wnli = TextTask(.wnli)
}

/// What is reported of predictions, by the names that Hugging Face's `evaluate` gives it.
public enum TextMetric: String, Sendable, Equatable {
  case accuracy
  /// Of class 1 of two.
  case f1
  /// The mean of all classes' own.
  case macroF1 = "f1_macro"
  case matthews = "matthews_correlation"
  case pearson
  case spearman = "spearmanr"
  /// The mean of squared errors: the one of which less is better.
  case mse
  /// The mean of the two before it.
  case combined = "combined_score"
}
