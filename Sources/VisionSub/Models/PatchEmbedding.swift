import SubCore
import SubNN

/// The convolution whose stride is its size, as a linear layer of patches. Keys: `proj.weight` [D, 3, p, p],
/// `proj.bias` [D].
final class PatchEmbedding: Module {
  /// A convolution's weight, in its checkpoint shape.
  final class Projection: Module {
    let weight: Parameter
    let bias: Parameter?

    init(_ width: Int, patch: Int, bias: Bool) {
      // torch's convolution default; none of the recipes starts it otherwise.
      let bound = 1 / Double(3 * patch * patch).squareRoot()
      weight = Parameter([width, 3, patch, patch], .uniform(bound: bound))
      self.bias = bias ? Parameter([width], .uniform(bound: bound)) : nil
    }
  }

  let proj: Projection
  private let patch: Int

  init(_ width: Int, patch: Int, bias: Bool) {
    proj = Projection(width, patch: patch, bias: bias)
    self.patch = patch
  }

  /// Images [N, 3, H, W] → the tokens of the patches named (all for nil), [K, D].
  func callAsFunction(_ images: Tensor, _ patches: Tensor?) -> Tensor {
    images.patches(of: patch, patches).linear(proj.weight.tensor, proj.bias?.tensor)
  }
}
