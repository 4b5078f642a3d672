public import SubCore

/// How the weights of a block start. Norms start as the identity, biases that are not named here at zero.
public struct BlockStart: Sendable {
  /// Of the weights of query, key and value, of attention's projection, and of the MLP's two layers.
  public var qkv, projection, expansion, contraction: Initializer
  /// Of the biases of the MLP's two layers.
  public var expansionBias = Initializer.zeros
  public var contractionBias = Initializer.zeros

  /// The weights' starts.
  public init(qkv: Initializer, projection: Initializer, expansion: Initializer, contraction: Initializer) {
    (self.qkv, self.projection, self.expansion, self.contraction) = (qkv, projection, expansion, contraction)
  }

  /// Every weight from one normal distribution: timm's ViTs, BERT.
  public static func normal(deviation: Double) -> BlockStart {
    let start = Initializer.normal(deviation: deviation)
    return BlockStart(qkv: start, projection: start, expansion: start, contraction: start)
  }
}
