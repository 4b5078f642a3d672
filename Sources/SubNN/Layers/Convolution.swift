public import SubCore

/// Convolution of a grid of pixels by square kernels. Keys: `weight` [out, in, k, k], `bias` [out].
public final class Convolution: Module {
  /// [output, input, k, k].
  public let weight: Parameter
  /// [output]; nil: none.
  public let bias: Parameter?
  private let stride, padding: Int

  /// A layer from `inputs` to `outputs` channels. Its padding keeps a grid's size at stride 1. Weights start from He's
  /// normal distribution (He et al. 2015) by the fan-out, √(2 / (outputs · k²)), unless told otherwise.
  public init(
    _ inputs: Int, _ outputs: Int, kernel: Int, stride: Int = 1, bias: Bool = false, weights: Initializer? = nil
  ) {
    let start = weights ?? .normal(deviation: (2 / Double(outputs * kernel * kernel)).squareRoot())
    weight = Parameter([outputs, inputs, kernel, kernel], start)
    self.bias = bias ? Parameter([outputs], .zeros) : nil
    (self.stride, padding) = (stride, kernel / 2)
  }

  /// [N, H, W, in] → [N, ⌈H/stride⌉, ⌈W/stride⌉, out] for odd kernels.
  public func callAsFunction(_ x: Tensor) -> Tensor {
    x.convolution(weight.tensor, bias?.tensor, stride: stride, padding: padding)
  }
}
