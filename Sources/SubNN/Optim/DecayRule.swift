/// Which parameters decay.
public struct DecayRule: Sendable, Equatable {
  /// Parts of names that are spared, small letters standing for large ones, too.
  public var spared: [String]
  /// Whether vectors (biases, norms, LayerScale) are spared besides, as in all recipes but BERT's.
  public var sparesVectors: Bool

  /// Spares what has one of these in its name, and vectors unless told otherwise.
  public init(sparing spared: [String], vectors: Bool = true) { (self.spared, sparesVectors) = (spared, vectors) }

  /// DeiT-III, MAE and transfer: positions and class token.
  public static let positions = DecayRule(sparing: ["pos_embed", "cls_token"])
  /// BEiT v2: its relative biases decay, as in the official run; its mask token, which official finetuning does not
  /// have, is spared as MaskSub's Swin spares its own.
  public static let beit = DecayRule(sparing: ["pos_embed", "cls_token", "mask_token"])
  /// FT-CLIP: as `positions`, and relative biases.
  public static let clip = DecayRule(sparing: ["pos_embed", "cls_token", "relative_position_bias"])
  /// Swin: relative biases and mask token.
  public static let swin = DecayRule(sparing: ["absolute_pos_embed", "mask_token", "relative_position_bias_table"])
  /// RSB's ResNets: vectors only.
  public static let vectors = DecayRule(sparing: [])
  /// The usual rule for BERT: whatever is called a bias or a norm, and nothing else.
  public static let biasesAndNorms = DecayRule(sparing: ["bias", "norm"], vectors: false)

  /// open_clip's: vectors, the logit scale among them; its positions decay or are spared, too.
  public static func openClip(decaysPositions: Bool) -> DecayRule {
    decaysPositions ? .vectors : DecayRule(sparing: [".pos_embed"])
  }

  /// Whether a parameter of this name and rank decays.
  public func decays(_ name: String, rank: Int) -> Bool {
    let name = name.lowercased()
    if sparesVectors, rank < 2 || name.hasSuffix(".bias") { return false }
    return !spared.contains { name.contains($0) }
  }
}
