import SubCore
import SubNN

/// The tokens between two blocks: the residual stream and its norm, for the next block's attention.
struct TokenStream {
  /// [R, D].
  var joint, normed: Tensor
}

/// A pre-norm transformer block: x += path(γ₁ · attention(norm1 x)); x += path(γ₂ · mlp(norm2 x)). Every residual joint
/// is one pass with the norm behind it, so the block hands on its output already normed for what follows.
///
/// Sites of a pass, in the order of the numbers below: DropSub's dropout stands behind attention's projection, behind
/// GELU and behind the MLP's second layer, as in the authors' DeiT-III (timm 0.3.2's `Mlp` uses one dropout twice).
final class VisionBlock: Module {
  let norm1: LayerNorm
  let attn: VisionAttention
  let norm2: LayerNorm
  let mlp: Perceptron
  let gamma1, gamma2: Parameter?
  private let dropPath: Float
  private let activation: Activation

  /// The two linear layers behind attention.
  final class Perceptron: Module {
    let fc1, fc2: Linear

    init(_ width: Int, hidden: Int) {
      fc1 = Linear(width, hidden)
      fc2 = Linear(hidden, width)
    }
  }

  init(_ config: VisionTransformerConfig, index: Int) {
    norm1 = LayerNorm(config.width, epsilon: config.epsilon)
    attn = VisionAttention(config)
    norm2 = LayerNorm(config.width, epsilon: config.epsilon)
    mlp = Perceptron(config.width, hidden: config.hidden)
    // timm names LayerScale `ls1.gamma` in its ViTs and `gamma_1` in its BEiTs.
    let keys = config.relativeBias == .none ? ["ls1.gamma", "ls2.gamma"] : ["gamma_1", "gamma_2"]
    gamma1 = config.layerScale.map { Parameter([config.width], .constant($0), key: keys[0]) }
    gamma2 = config.layerScale.map { Parameter([config.width], .constant($0), key: keys[1]) }
    dropPath = config.dropPath(ofBlock: index)
    activation = config.usesQuickGELU ? .quickGelu : .gelu
  }

  /// All rows to all rows, normed by `next`.
  func callAsFunction(
    _ x: TokenStream, _ rows: Segments, bias: Tensor?, _ pass: Pass, next: LayerNorm?
  ) -> TokenStream {
    join(x.joint, attention: attn(x.normed, rows, bias: bias), rows, pass, next: next)
  }

  /// All rows to the class rows alone: what the last block owes to a head that reads nothing else.
  func callAsFunction(
    _ x: TokenStream, _ rows: Segments, onlyRows indices: Tensor, _ pass: Pass, next: LayerNorm?
  ) -> TokenStream {
    let samples = Segments(count: rows.count, length: 1, on: x.joint.device)
    let attended = attn(x.normed, rows, asking: x.normed.gatherRows(indices), samples)
    return join(x.joint.gatherRows(indices), attention: attended, samples, pass, next: next)
  }

  private func join(
    _ x: Tensor, attention: Tensor, _ rows: Segments, _ pass: Pass, next: LayerNorm?
  ) -> TokenStream {
    let first = BranchOptions(
      gamma: gamma1?.tensor, dropout: pass.branchDropout(0, site: 0),
      path: pass.dropPath(dropPath, site: 1, samples: rows))
    let (y, normed) = x.adding(branch: attention, first, thenNorm: norm2.parameters)
    let hidden = mlp.fc1(normed, activation).dropped(pass.branchDropout(0, site: 2))
    let second = BranchOptions(
      gamma: gamma2?.tensor, dropout: pass.branchDropout(0, site: 3),
      path: pass.dropPath(dropPath, site: 4, samples: rows))
    guard let next else {
      let z = y.adding(branch: mlp.fc2(hidden), second)
      return TokenStream(joint: z, normed: z)
    }
    let (z, nextNormed) = y.adding(branch: mlp.fc2(hidden), second, thenNorm: next.parameters)
    return TokenStream(joint: z, normed: nextNormed)
  }
}
