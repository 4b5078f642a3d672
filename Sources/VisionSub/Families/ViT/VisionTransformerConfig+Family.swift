public import SubCore
public import SubData
public import SubNN
public import SubTrain

extension VisionTransformerConfig: VisionConfiguration {
  public static var family: any VisionFamily { ViTFamily() }
  public var cells: MaskGrid { MaskGrid(side: grid, pixels: patchSize) }
  public var hiddenCells: HiddenCells { masked == .removed ? .removed : .replaced }
  /// timm's names; its BEiTs name LayerScale as the official ones do.
  public var published: Naming { relativeBias == .none ? .timmViT : .officialViT }
  public var decayRule: DecayRule { relativeBias != .none ? .beit : hasPreNorm ? .clip : .positions }
  public var layers: LayerOrder { .transformer(depth: depth) }
  public var sizes: [(name: String, value: Int)] {
    [
      ("width", width), ("depth", depth), ("hidden", hidden), ("patch", patchSize), ("grid", grid),
      ("classes", classes),
    ]
  }

  public var summary: String {
    let kind =
      relativeBias != .none
      ? "BEiT v2 "
      : hasPreNorm
        ? "CLIP's image tower "
        : layerScale != nil
          ? (position == .patches ? "DeiT-III " : "LayerScale ") : readout == .pooled ? "MAE " : ""
    return "\(kind)ViT\(Self.letter(ofWidth: width))/\(patchSize), \(depth) blocks, width \(width), \(heads) heads"
  }

  /// The size that a width stands for as names have it, `-B`; empty: none.
  package static func letter(ofWidth width: Int) -> String {
    [192: "-Ti", 384: "-S", 768: "-B", 1024: "-L", 1280: "-H"][width] ?? ""
  }

  /// The ratio of which int(of · ratio) is a width again: how timm, open_clip and others write the width of an MLP.
  package static func ratio(_ width: Int, of other: Int) -> Double {
    var ratio = Double(width) / Double(other)
    while Int(Double(other) * ratio) < width { ratio = ratio.nextUp }
    return ratio
  }

  public mutating func take(_ sizes: ModelSizes) throws(InputError) {
    try sizes.check(family.name, ["width": 1...1, "depth": 1...1, "heads": 1...1, "hidden": 1...1, "patch": 1...1])
    let (headWidth, expansion) = (self.width / heads, Double(hidden) / Double(self.width))
    if let width = sizes.width.first {
      self.width = width
      hidden = Int((expansion * Double(width)).rounded())
      heads = max(1, width / headWidth)
    }
    if let count = sizes.heads.first { heads = count }
    if let blocks = sizes.depth.first { depth = blocks }
    if sizes.hidden > 0 { hidden = sizes.hidden }
    if sizes.patch > 0 { patchSize = sizes.patch }
  }

  public mutating func follow(_ recipe: VisionRecipe) {
    readout = recipe.model.readout
    // How a new head begins is part of a family's way of finetuning.
    if let own = VisionFamilies.configuration(named: recipe.model.name) as? VisionTransformerConfig {
      headDeviation = own.headDeviation
    }
    // Finetuning gives every block a table of its own, as BEiT's does.
    if relativeBias == .shared { relativeBias = .perBlock }
  }

  public func adapt(_ recipe: inout VisionRecipe) {
    // A plain ViT with a classifier goes on reading its class token.
    if recipe.name.hasPrefix("mae-") || recipe.name == "shapes-tiny" { recipe.model.readout = readout }
  }

  public mutating func settle(_ guesses: Set<String>, like known: any VisionConfiguration) {
    guard guesses.contains(RecognisedModel.activation), let known = known as? VisionTransformerConfig, known.hasPreNorm
    else {
      return
    }
    usesQuickGELU = known.usesQuickGELU
  }

  public var timm: TimmModel? {
    // Of each kind timm has one that differs from this in sizes alone.
    let kind =
      relativeBias != .none
      ? "beitv2_base_patch16_224"
      : hasPreNorm
        ? "vit_base_patch16_clip\(usesQuickGELU ? "_quickgelu" : "")_224"
        : position == .patches ? "deit3_base_patch16_224" : "vit_base_patch16_224"
    var arguments: JSON.Object = [
      "img_size": .integer(Int64(imageSize)), "patch_size": .integer(Int64(patchSize)),
      "embed_dim": .integer(Int64(width)), "depth": .integer(Int64(depth)), "num_heads": .integer(Int64(heads)),
      "mlp_ratio": .number(Self.ratio(hidden, of: width)), "global_pool": readout == .token ? "token" : "avg",
    ]
    if readout == .normedPool { arguments["fc_norm"] = false }
    if relativeBias == .none { arguments["init_values"] = layerScale.map { .number($0) } ?? .null }
    if relativeBias == .shared {
      (arguments["use_rel_pos_bias"], arguments["use_shared_rel_pos_bias"]) = (false, true)
    }
    let theirs = hasPreNorm ? 1e-5 : 1e-6
    return TimmModel(
      kind, arguments, difference: epsilon == theirs ? nil : "LayerNorm's ε is \(theirs) in timm, here \(epsilon)")
  }

  public mutating func follow(timm arguments: JSON) {
    if let patch = arguments["patch_size"]?.int { patchSize = patch }
    if let width = arguments["embed_dim"]?.int { self.width = width }
    if let scale = arguments["init_values"] { layerScale = scale.double }
  }

  public func makeModel() -> any VisionModel { VisionTransformer(self) }

  public func plan(for weights: Weights, of found: any VisionConfiguration) throws -> LoadPlan {
    var plan = LoadPlan(mayStart: ["head.*", "fc_norm.*", "mask_token"])
    for table in ["blocks.*.attn.relative_position_bias_table", ViTFamily.sharedTable] {
      plan.fits.append((table, .relativeBias))
    }
    if (found as? VisionTransformerConfig)?.position == position {
      plan.fits.append(("pos_embed", .grid(prefix: position == .all ? 1 : 0)))
    }
    // FT-CLIP's norm of patch tokens belongs to the head: a `norm` without that head is another's (OpenAI's ln_post).
    let ownHead = ["head.*"] + (readout == .normedPool ? ["norm.*"] : [])
    plan.mayStart += ownHead
    if try weights.shape(of: "head.weight") != [classes, width] { plan.starts = ownHead }
    return plan
  }

  public func text(ofGuess guess: String) -> String {
    switch guess {
    case RecognisedModel.heads: "\(heads) heads of \(width / heads)"
    case RecognisedModel.activation: activation.title
    case RecognisedModel.readout: "a head that reads the \(readout == .token ? "class token" : "mean of the patches")"
    default: guess
    }
  }
}
