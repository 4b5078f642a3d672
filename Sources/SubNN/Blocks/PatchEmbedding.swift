public import SubCore

/// The convolution whose stride is its size, as a linear layer of patches. Keys: `proj.weight` [D, 3, p, p],
/// `proj.bias` [D]; `norm` where one stands behind it (Swin).
public final class PatchEmbedding: Module {
  /// A convolution's weight, in its checkpoint shape.
  public final class Projection: Module {
    /// [D, 3, p, p].
    public let weight: Parameter
    /// [D]; nil: none.
    public let bias: Parameter?

    init(_ width: Int, patch: Int, bias: Bool) {
      // torch's convolution default; none of the recipes starts it otherwise.
      let bound = 1 / Double(3 * patch * patch).squareRoot()
      weight = Parameter([width, 3, patch, patch], .uniform(bound: bound))
      self.bias = bias ? Parameter([width], .uniform(bound: bound)) : nil
    }
  }

  /// The weights.
  public let proj: Projection
  private let norm: LayerNorm?
  private let patch: Int

  /// An embedding of square colour patches of `patch` pixels a side, with a norm behind it where an ε is given.
  public init(_ width: Int, patch: Int, bias: Bool, normEpsilon: Double? = nil) {
    proj = Projection(width, patch: patch, bias: bias)
    norm = normEpsilon.map { LayerNorm(width, epsilon: $0) }
    self.patch = patch
  }

  /// Images [N, 3, H, W] → the tokens of the patches named (n·grid + raster index; all for nil), [K, D].
  public func callAsFunction(_ images: Tensor, _ patches: Tensor? = nil) -> Tensor {
    let weight = proj.weight.tensor
    let tokens = images.patches(of: patch, patches, as: weight.productType)
      .linear(weight, proj.bias?.tensor, wide: true)
    return norm.map { $0(tokens) } ?? tokens
  }

  /// Lets it stay as it is: no gradient, no update.
  public func freeze() {
    proj.weight.isFrozen = true
    proj.bias?.isFrozen = true
    for parameter in norm?.namedParameters() ?? [] { parameter.parameter.isFrozen = true }
  }
}
