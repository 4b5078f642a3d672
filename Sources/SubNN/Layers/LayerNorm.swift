public import SubCore

/// Layer normalisation (Ba et al. 2016). Keys: `weight` [D], `bias` [D].
public final class LayerNorm: Module {
  /// The scale, [D].
  public let weight: Parameter
  /// The shift, [D].
  public let bias: Parameter
  /// Added to the variance.
  public let epsilon: Double

  /// Over a last axis of `width`.
  public init(_ width: Int, epsilon: Double) {
    weight = Parameter([width], .constant(1))
    bias = Parameter([width], .zeros)
    self.epsilon = epsilon
  }

  /// The parameters for a fused operation.
  public var parameters: NormParameters {
    NormParameters(weight: weight.tensor, bias: bias.tensor, epsilon: epsilon)
  }

  /// [..., D] → [..., D] in f32 or, `lowered`, in the type that products read.
  public func callAsFunction(_ x: Tensor, lowered: Bool = false) -> Tensor {
    x.layerNorm(parameters, lowered: lowered)
  }
}
