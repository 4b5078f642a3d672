public import SubCore

/// A table of rows. Key: `weight` [count, D].
public final class Embedding: Module {
  /// A row for every index, [count, width].
  public let weight: Parameter

  /// A table of `count` rows, which start from N(0, 0.02²) unless told otherwise: torch's from N(0, 1). `isSparse`: a step
  /// touches few of the rows, so untouched ones shall cost nothing.
  public init(_ count: Int, _ width: Int, weights: Initializer = .normal(deviation: 0.02), isSparse: Bool = false) {
    weight = Parameter([count, width], weights, isTable: isSparse)
  }

  /// Indices i32 [...] → their rows, [..., D].
  public func callAsFunction(_ indices: Tensor) -> Tensor {
    weight.tensor.gatherRows(indices).reshaped(Shape(indices.shape.dimensions + [weight.shape[1]]))
  }
}
