public import SubCore

/// y = activation(x · weightᵀ + bias). Keys: `weight` [out, in], `bias` [out].
public final class Linear: Module {
  /// [output, input].
  public let weight: Parameter
  /// [output]; nil: none.
  public let bias: Parameter?

  /// A layer from `inputs` to `outputs` features. Weights start from N(0, 0.02²) and biases at zero unless told otherwise, as
  /// those of ViTs and BERT do, not from torch's uniform distribution.
  public init(
    _ inputs: Int, _ outputs: Int, bias: Bool = true, weights: Initializer = .normal(deviation: 0.02),
    biases: Initializer = .zeros
  ) {
    weight = Parameter([outputs, inputs], weights)
    self.bias = bias ? Parameter([outputs], biases) : nil
  }

  /// [..., in] → [..., out]. `wide`: the result stays f32, whatever the weights compute in.
  public func callAsFunction(_ x: Tensor, _ activation: Activation = .identity, wide: Bool = false) -> Tensor {
    x.linear(weight.tensor, bias?.tensor, activation, wide: wide)
  }
}
