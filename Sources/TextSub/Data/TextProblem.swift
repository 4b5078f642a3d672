public import SubData

/// What a classifier's outputs stand for, by the names of transformers' `problem_type`.
public enum TextProblem: String, Sendable, CaseIterable {
  /// Each is a number.
  case regression
  /// Each is a class, one of which is right.
  case singleLabel = "single_label_classification"
  /// Each is a class, any of which may be right.
  case multiLabel = "multi_label_classification"

  /// That of a task.
  public init(_ task: TextTask) { self = task.isRegression ? .regression : .singleLabel }
}
