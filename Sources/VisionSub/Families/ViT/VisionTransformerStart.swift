public import SubCore
public import SubNN

/// How the weights of a vision transformer start. Its patch embedding starts as torch's convolutions do.
public struct VisionTransformerStart: Sendable {
  /// Class token, mask token, positions, and a projection in place of a head.
  public var tokens: Initializer
  /// The blocks.
  public var blocks: BlockStart

  /// The starts of tokens and blocks.
  public init(tokens: Initializer, blocks: BlockStart) { (self.tokens, self.blocks) = (tokens, blocks) }

  /// Everything from N(0, 0.02²).
  public static let timm = VisionTransformerStart(tokens: .normal(deviation: 0.02), blocks: .normal(deviation: 0.02))
}

extension BlockSites {
  /// DropSub's dropout stands behind attention's projection, behind GELU and behind the MLP's second layer, as in the
  /// authors' DeiT-III (timm 0.3.2's `Mlp` uses one dropout twice).
  public static let visionTransformer = BlockSites(
    attention: Branch(dropout: 0, path: 1), hidden: 2, mlp: Branch(dropout: 3, path: 4))
}
