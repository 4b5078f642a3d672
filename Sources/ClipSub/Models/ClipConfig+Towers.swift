import SubCore
import SubNN
import VisionSub

// Both towers as transformers, and how open_clip starts them.
extension ClipConfig {
  /// A vision transformer that reads its class token and ends in a projection.
  var imageTower: VisionTransformerConfig {
    var tower = VisionTransformerConfig(
      imageSize: image.size, patchSize: image.patch, width: image.width, depth: image.layers, heads: image.heads,
      hidden: image.mlpWidth, epsilon: 1e-5, hasPatchBias: false, hasPreNorm: true,
      usesQuickGELU: activation == .quickGelu)
    tower.projection = embedWidth
    return tower
  }

  /// Causal blocks with a norm behind the last.
  var textTower: TransformerConfig {
    var tower = TransformerConfig(
      width: text.width, heads: text.heads, hidden: text.mlpWidth, depth: text.layers, sites: .clip, start: text.start)
    (tower.epsilon, tower.activation, tower.isCausal) = (1e-5, activation, true)
    return tower
  }
}

extension BlockSites {
  /// What is dropped stands behind both projections only.
  static let clip = BlockSites(
    attention: Branch(dropout: 1, path: 2), mlp: Branch(dropout: 3, path: 4))
}

extension ClipConfig.Image {
  /// What PyTorch gives its layers.
  var start: VisionTransformerStart {
    let fanIn = Initializer.uniform(bound: 1 / Double(width).squareRoot())
    let contraction = Initializer.uniform(bound: 1 / Double(mlpWidth).squareRoot())
    var blocks = BlockStart(
      qkv: .uniform(bound: (6 / Double(4 * width)).squareRoot()), projection: fanIn, expansion: fanIn,
      contraction: contraction)
    (blocks.expansionBias, blocks.contractionBias) = (fanIn, contraction)
    return VisionTransformerStart(tokens: .normal(deviation: 1 / Double(width).squareRoot()), blocks: blocks)
  }
}

extension ClipConfig.Text {
  /// CLIP's own, with PyTorch's biases.
  var start: BlockStart {
    let deviation = 1 / Double(width).squareRoot()
    let residual = Initializer.normal(deviation: deviation / Double(2 * layers).squareRoot())
    var start = BlockStart(
      qkv: .normal(deviation: deviation), projection: residual,
      expansion: .normal(deviation: 1 / Double(2 * width).squareRoot()), contraction: residual)
    start.expansionBias = .uniform(bound: deviation)
    start.contractionBias = .uniform(bound: 1 / Double(mlpWidth).squareRoot())
    return start
  }
}
