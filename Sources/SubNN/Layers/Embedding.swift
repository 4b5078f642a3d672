public import SubCore

/// A table of rows. Key: `weight` [count, D].
public final class Embedding: Module {
  /// A row for every index, [count, width].
  public let weight: Parameter

  /// `isSparse`: a step touches few of the rows, so untouched ones shall cost nothing.
  public init(_ count: Int, _ width: Int, weights: Initializer = .normal(deviation: 0.02), isSparse: Bool = false) {
    weight = Parameter([count, width], weights, isTable: isSparse)
  }
}
