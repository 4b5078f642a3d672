/// What a checkpoint's tensor names and shapes say about the model, for `inspect`. Nothing is loaded by it.
package struct CheckpointKind: Equatable {
  /// The model with its sizes: `ViT-S/16, 12 blocks, width 384, LayerScale (DeiT-III), 1000 classes`.
  package let architecture: String
  /// Whose names the tensors have.
  package let naming: String

  /// The kind of a checkpoint; nil where it is none of those known. Prefixes that wrappers add are looked through.
  package static func recognised(in shapes: [String: [Int]]) -> CheckpointKind? {
    for prefix in ["", "module.", "_orig_mod.", "model.", "backbone."] {
      let inner =
        prefix.isEmpty
        ? shapes
        : Dictionary(
          uniqueKeysWithValues: shapes.compactMap { name, shape in
            name.hasPrefix(prefix) ? (String(name.dropFirst(prefix.count)), shape) : nil
          })
      let names = TensorNames(shapes: inner)
      guard let kind = bert(names) ?? clip(names) ?? swin(names) ?? vit(names) ?? resnet(names) else { continue }
      return prefix.isEmpty
        ? kind : CheckpointKind(architecture: kind.architecture, naming: "\(kind.naming), under \(prefix)")
    }
    return nil
  }

  private static func bert(_ names: TensorNames) -> CheckpointKind? {
    for prefix in ["bert.", ""] {
      guard let words = names.shape("\(prefix)embeddings.word_embeddings.weight", rank: 2) else { continue }
      let isOld = names.has("\(prefix)embeddings.LayerNorm.gamma")
      let layers = names.count("\(prefix)encoder.layer.", ".attention.self.query.weight")
      var parts = ["BERT", "\(layers) layers", "width \(words[1])", "\(words[0]) tokens"]
      if let head = names.shape("classifier.weight", rank: 2) {
        parts.append("\(head[0]) \(head[0] == 1 ? "label" : "labels")")
      }
      if names.has("cls.predictions.bias") { parts.append("masked-language head") }
      let naming = "Hugging Face" + (isOld ? ", old (gamma, beta)" : "") + (prefix.isEmpty ? ", without bert." : "")
      return CheckpointKind(architecture: parts.joined(separator: ", "), naming: naming)
    }
    return nil
  }

  private static func clip(_ names: TensorNames) -> CheckpointKind? {
    func kind(_ conv: [Int], layers: Int, textLayers: Int, textWidth: Int?, tokens: Int?, naming: String)
      -> CheckpointKind
    {
      var parts = ["CLIP \(size(width: conv[0], layers: layers))/\(conv[3])", "\(layers) blocks", "width \(conv[0])"]
      if let textWidth { parts.append("text: \(textLayers) blocks, width \(textWidth), \(tokens ?? 0) tokens") }
      return CheckpointKind(architecture: parts.joined(separator: ", "), naming: naming)
    }
    if let conv = names.shape("visual.conv1.weight", rank: 4), names.has("visual.class_embedding") {
      let text = names.has("text.token_embedding.weight") ? "text." : ""
      let embedding = names.shape("\(text)token_embedding.weight", rank: 2)
      let naming =
        names.has("input_resolution")
        ? "OpenAI" : "open_clip / OpenAI" + (text.isEmpty ? "" : ", text tower under text.")
      return kind(
        conv, layers: names.count("visual.transformer.resblocks.", ".attn.in_proj_weight"),
        textLayers: names.count("\(text)transformer.resblocks.", ".attn.in_proj_weight"), textWidth: embedding?[1],
        tokens: embedding?[0], naming: naming)
    }
    guard let conv = names.shape("vision_model.embeddings.patch_embedding.weight", rank: 4) else { return nil }
    let embedding = names.shape("text_model.embeddings.token_embedding.weight", rank: 2)
    return kind(
      conv, layers: names.count("vision_model.encoder.layers.", ".self_attn.q_proj.weight"),
      textLayers: names.count("text_model.encoder.layers.", ".self_attn.q_proj.weight"), textWidth: embedding?[1],
      tokens: embedding?[0], naming: "Hugging Face")
  }

  private static func swin(_ names: TensorNames) -> CheckpointKind? {
    guard names.has("layers.0.blocks.0.attn.relative_position_bias_table"),
      let conv = names.shape("patch_embed.proj.weight", rank: 4)
    else { return nil }
    let depths = (0..<4).map { names.count("layers.\($0).blocks.", ".attn.qkv.weight") }
    let letter =
      switch (conv[0], depths[2]) {
      case (96, 6): "Swin-T"
      case (96, 18): "Swin-S"
      case (128, 18): "Swin-B"
      case (192, 18): "Swin-L"
      default: "Swin"
      }
    let official = names.has("layers.0.downsample.reduction.weight")
    let head = names.shape(official ? "head.weight" : "head.fc.weight", rank: 2)
    let parts =
      [letter, "depths \(depths.map(String.init).joined(separator: "-"))", "width \(conv[0])"] + classes(head)
    return CheckpointKind(architecture: parts.joined(separator: ", "), naming: official ? "official" : "timm")
  }

  private static func vit(_ names: TensorNames) -> CheckpointKind? {
    guard let conv = names.shape("patch_embed.proj.weight", rank: 4), names.has("blocks.0.norm1.weight") else {
      return nil
    }
    let blocks = names.count("blocks.", ".norm1.weight")
    let name = "\(size(width: conv[0], layers: blocks))/\(conv[3])"
    var naming = "timm"
    var variant: String?
    var extras: [String] = []
    if names.has("blocks.0.attn.q_bias") || names.has("rel_pos_bias.relative_position_bias_table") {
      naming = "official and timm (the same)"
      variant = "BEiT v2"
      if names.has("rel_pos_bias.relative_position_bias_table") { extras.append("one bias table for all blocks") }
      if names.has("lm_head.weight") { extras.append("pretraining head") }
    } else if names.has("blocks.0.gamma_1") || names.has("blocks.0.ls1.gamma") {
      let hasClassPosition = hasClassPosition(names)
      variant = hasClassPosition ? "with LayerScale" : "DeiT-III"
      naming = names.has("blocks.0.gamma_1") ? "official" : "timm"
    } else if names.has("norm_pre.weight") {
      variant = "CLIP's image tower"
    } else if names.has("decoder_embed.weight") || names.has("fc_norm.weight") {
      variant = "MAE"
      naming = "official and timm (the same)"
      if names.has("decoder_embed.weight") { extras.append("with its decoder") }
      if names.has("fc_norm.weight") { extras.append("global pool") }
    }
    let head = names.shape("head.weight", rank: 2)
    let parts =
      [variant.map { "\($0) \(name)" } ?? name, "\(blocks) blocks", "width \(conv[0])"] + extras + classes(head)
    return CheckpointKind(architecture: parts.joined(separator: ", "), naming: naming)
  }

  private static func resnet(_ names: TensorNames) -> CheckpointKind? {
    guard names.has("conv1.weight"), names.has("layer1.0.conv1.weight"), names.has("bn1.running_mean") else {
      return nil
    }
    let depths = (1...4).map { names.count("layer\($0).", ".conv1.weight") }
    let perBlock = names.has("layer1.0.conv3.weight") ? 3 : 2
    let depth = depths.reduce(0, +) * perBlock + 2
    let parts = ["ResNet-\(depth)", "blocks \(depths.map(String.init).joined(separator: "-"))"]
    return CheckpointKind(
      architecture: (parts + classes(names.shape("fc.weight", rank: 2))).joined(separator: ", "),
      naming: "torchvision and timm (the same)")
  }

  /// DeiT-III gives its class token no position: as many positions as patches, a square.
  private static func hasClassPosition(_ names: TensorNames) -> Bool {
    guard let position = names.shape("pos_embed", rank: 3) else { return true }
    let side = Int(Double(position[1]).squareRoot().rounded())
    return side * side != position[1]
  }

  private static func size(width: Int, layers: Int) -> String {
    switch width {
    case 192: "ViT-Ti"
    case 384: "ViT-S"
    case 768: "ViT-B"
    case 1024: "ViT-L"
    case 1280: "ViT-H"
    default: "ViT"
    }
  }

  private static func classes(_ head: [Int]?) -> [String] { head.map { ["\($0[0]) classes"] } ?? ["no head"] }
}

/// Names and shapes as the recogniser asks for them.
private struct TensorNames {
  let shapes: [String: [Int]]

  func has(_ name: String) -> Bool { shapes[name] != nil }

  /// The shape of a tensor that has `rank` axes.
  func shape(_ name: String, rank: Int) -> [Int]? { shapes[name].flatMap { $0.count == rank ? $0 : nil } }

  /// How many of `prefix0suffix`, `prefix1suffix`, … there are without a gap.
  func count(_ prefix: String, _ suffix: String) -> Int {
    var count = 0
    while shapes["\(prefix)\(count)\(suffix)"] != nil { count += 1 }
    return count
  }
}
