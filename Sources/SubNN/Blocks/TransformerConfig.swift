public import SubCore

/// What tells one stack of transformer blocks from another: those of ViT, of CLIP's two towers and of BERT are values of
/// this type.
public struct TransformerConfig: Sendable {
  /// Where the norms stand.
  public enum Norm: Sendable {
    /// Before attention and MLP; the stack may end in one more (ViT, CLIP).
    case before
    /// Behind the joints of attention and MLP (BERT).
    case behind
  }

  /// Features of a token, attention heads, features inside an MLP, blocks.
  public var width, heads, hidden, depth: Int
  /// Where the norms stand.
  public var norm = Norm.before
  /// LayerNorm's ε.
  public var epsilon = 1e-6
  /// Whether a norm stands behind the last block. Only where norms stand before.
  public var hasFinalNorm = true
  /// Between the MLP's two layers.
  public var activation = Activation.gelu
  /// Whether a token sees none behind it.
  public var isCausal = false
  /// Whether query and value have biases of their own and the key none (BEiT), rather than one packed bias.
  public var hasSeparateBiases = false
  /// The start of LayerScale; nil for blocks without.
  public var layerScale: Double?
  /// Dropout of attention's probabilities.
  public var attentionDropout: Float = 0
  /// Dropout of what attention and MLP add, which DropSub replaces.
  public var dropout: Float = 0
  /// Stochastic depth of every block, which PathSub replaces; empty: none.
  public var dropPath: [Float] = []
  /// Where these blocks stand in a network of several stacks: how many are before them, and how many there are in all; nil:
  /// they are all of it.
  public var place: (before: Int, count: Int)?
  /// Where random numbers are drawn.
  public var sites: BlockSites
  /// How the weights start.
  public var start: BlockStart

  /// Plain pre-norm blocks unless told otherwise.
  public init(width: Int, heads: Int, hidden: Int, depth: Int, sites: BlockSites, start: BlockStart) {
    precondition(depth > 0, "TransformerConfig: no blocks")
    precondition(width % heads == 0, "TransformerConfig: width \(width), heads \(heads)")
    (self.width, self.heads, self.hidden, self.depth) = (width, heads, hidden, depth)
    (self.sites, self.start) = (sites, start)
  }
}
