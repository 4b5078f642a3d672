/// Where the parameters of a model lie between input and output, for rates that fall with depth.
public struct LayerOrder: Sendable {
  /// The height of what lies at the output: final norm and head.
  public let top: Int
  private let height: @Sendable (_ name: String) -> Int

  /// Heights by the model's own names, from 0 at the input to `top`.
  public init(top: Int, height: @escaping @Sendable (_ name: String) -> Int) { (self.top, self.height) = (top, height) }

  /// The height of a parameter.
  public func height(of name: String) -> Int { height(name) }

  /// Embeddings at 0, block i at i + 1, norm and head behind the last. Shared relative biases belong to the head's side,
  /// as in BEiT.
  public static func transformer(depth: Int) -> LayerOrder {
    let embeddings = ["cls_token", "pos_embed", "mask_token", "patch_embed.", "norm_pre.", "embeddings."]
    return LayerOrder(top: depth + 1) { name in
      if embeddings.contains(where: { name.hasPrefix($0) }) { return 0 }
      let parts = name.split(separator: ".")
      if parts.count > 2, parts[0] == "blocks", let block = Int(parts[1]) { return block + 1 }
      return depth + 1
    }
  }
}

/// Layer-wise decay of the learning rate (Clark et al. 2020, Bao et al. 2021): what lies at height h of N moves at
/// factor^(N−h).
public struct LayerDecay: Sendable {
  /// Below 1; 1: every layer at the same rate.
  public let factor: Double
  /// What lies where.
  public let layers: LayerOrder

  /// Decay over the layers of a model.
  public init(_ factor: Double, over layers: LayerOrder) { (self.factor, self.layers) = (factor, layers) }

  /// The factor on a parameter's rate.
  public func scale(of name: String) -> Double {
    (layers.height(of: name)..<layers.top).reduce(1) { scale, _ in scale * factor }
  }
}
