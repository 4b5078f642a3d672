import SubCore
import SubData
import SubNN
public import SubTrain

/// The vision transformers: DeiT-III, MAE, BEiT v2, CLIP's image tower, timm's ViTs.
public struct ViTFamily: VisionFamily {
  public let name = "vision transformer"
  public let key = "vision_transformer"
  public let namings: [Naming] = [.huggingFaceViT, .huggingFaceEncoder, .openClipViT, .officialViT, .timmViT]

  /// The family.
  public init() {}

  public var variants: [(name: String, configuration: any VisionConfiguration)] {
    VisionTransformerConfig.variants.map { ($0.name, $0.config) }
  }

  /// Most kinds of blocks are told by tensors, which are refused then.
  public var timmArguments: TimmArguments {
    TimmArguments(
      free: TimmArguments.common.union([
        "img_size", "patch_size", "embed_dim", "depth", "num_heads", "mlp_ratio", "qkv_bias", "qk_norm", "proj_bias",
        "scale_attn_norm", "scale_mlp_norm", "init_values", "class_token", "no_embed_class", "reg_tokens", "pre_norm",
        "final_norm", "fc_norm", "dynamic_img_size", "use_abs_pos_emb", "use_rel_pos_bias", "use_shared_rel_pos_bias",
        "use_fc_norm", "swiglu_mlp", "scale_mlp",
      ]),
      limited: [
        "act_layer": ["gelu", "quick_gelu", .null], "norm_layer": [.null], "pos_embed": ["learn"],
        "dynamic_img_pad": [false], "use_rot_pos_emb": [false], "use_post_norm": [false],
      ])
  }

  public func configuration(named name: String) -> (any VisionConfiguration)? {
    VisionTransformerConfig(timm: name) ?? VisionTransformerConfig.variants.first { $0.name == name }?.config
  }

  public func recognised(
    _ weights: Weights, like variant: (any VisionConfiguration)?, beside notes: ModelNotes
  ) throws -> RecognisedModel {
    let hint = variant as? VisionTransformerConfig
    let found = try ViTRecognition(weights, like: hint, beside: notes)
    if let hint { try compare(found.config, with: hint, weights) }
    return RecognisedModel(found.config, guesses: found.guesses)
  }

  public func recipe(following configuration: any VisionConfiguration) -> String {
    guard let config = configuration as? VisionTransformerConfig else {
      preconditionFailure("ViTFamily: \(configuration)")
    }
    let size = config.width >= 1280 ? "h" : config.width >= 1024 ? "l" : "b"
    let largeOrBase = size == "h" ? "l" : size
    if config.imageSize <= 64 { return "shapes-tiny" }
    if config.relativeBias != .none { return "beitv2-\(largeOrBase)" }
    if config.hasPreNorm { return "ft-clip-\(largeOrBase)" }
    return config.layerScale != nil ? "deit3-\(size)-finetune" : "mae-\(size)"
  }

  public func extras(of weights: Weights, _ configuration: any VisionConfiguration) -> [String] {
    let config = configuration as? VisionTransformerConfig
    var extras = config?.relativeBias == .shared ? ["one bias table for all blocks"] : []
    if weights.contains("lm_head.weight") { extras.append("pretraining head") }
    if weights.contains("decoder_embed.weight") { extras.append("with its decoder") }
    return extras
  }

  public func tensorNames(of weights: Weights) throws -> [String] {
    let model = VisionTransformer(try ViTRecognition(weights).config)
    let names = model.namedParameters().map(\.name)
    // A model without a head may have a final norm that finetuning would leave out.
    return names + ["norm.weight", "norm.bias"].filter { weights.contains($0) && !names.contains($0) }
  }

  public func names(_ key: String, of weights: Weights) throws -> WeightNames? {
    let config = try ViTRecognition(weights).config
    // CLIP has no name for a norm of the patches' mean.
    let isTower = config.hasPreNorm && config.readout != .pooled
    func tower(_ naming: Naming, prefix: String, norm: String) -> WeightNames {
      WeightNames(Self.hasPatchNorm(weights) ? naming : naming.writing("norm.*", as: norm), prefix: prefix)
    }
    switch key {
    case "timm": return WeightNames(config.published)
    case "official" where !config.hasPreNorm: return WeightNames(config.layerScale == nil ? .timmViT : .officialViT)
    case "official" where isTower, "openclip" where isTower:
      return tower(.openClipViT, prefix: "visual.", norm: "ln_post.*")
    case "hf" where isTower: return tower(.huggingFaceViT, prefix: "vision_model.", norm: "post_layernorm.*")
    case "hf" where config.position == .all && config.layerScale == nil && !config.hasPreNorm:
      return WeightNames(.huggingFaceEncoder)
    default: return nil
    }
  }

  /// The table that all blocks of a pretrained BEiT share.
  static let sharedTable = "rel_pos_bias.relative_position_bias_table"

  /// Whether a CLIP's image tower has FT-CLIP's final norm, that of every patch token, by its own name: CLIP's is called
  /// otherwise, and stands on the class token.
  static func hasPatchNorm(_ weights: Weights) -> Bool {
    weights.naming.isPart && weights.contains("fc_norm.weight")
  }

  /// Whether a file comes from where CLIP has QuickGELU: OpenAI's archives and Hugging Face's models.
  static func tellsQuickGELU(_ weights: Weights) -> Bool {
    weights.naming == .huggingFaceViT || weights.source.contains("input_resolution")
  }

  /// A name that was given must be of the family that was found; sizes may be others.
  private func compare(_ found: VisionTransformerConfig, with hint: VisionTransformerConfig, _ weights: Weights) throws
  {
    guard
      found.position != hint.position || found.hasPreNorm != hint.hasPreNorm
        || found.hasSeparateBiases != hint.hasSeparateBiases || found.patchSize != hint.patchSize
        || (found.layerScale == nil) != (hint.layerScale == nil)
    else { return }
    throw InputError(
      "the weights are not those of a \(hint.summary): \(found.summary), \(weights.title)", at: weights.place,
      cure: "name the model that the weights belong to, or none")
  }
}
