import SubCore
import SubData

/// Finds out from the names and shapes of a file's tensors which vision transformer they are, and in whose naming.
struct VisionRecognition {
  let source: any NamedTensors
  let naming: VisionNaming
  private(set) var config: VisionTransformerConfig

  /// The names by which a naming is known, and what is to be said of other families.
  private static func naming(of source: any NamedTensors) throws -> VisionNaming {
    let names = source.names
    func prefix(before known: String) -> String? {
      names.first { $0 == known || $0.hasSuffix("." + known) }.map { String($0.dropLast(known.count)) }
    }
    if let prefix = prefix(before: "embeddings.patch_embedding.weight") {
      return VisionNaming(.huggingFace, prefix: prefix)
    }
    if let prefix = prefix(before: "class_embedding"), names.contains(prefix + "conv1.weight") {
      return VisionNaming(.clip, prefix: prefix)
    }
    if let prefix = prefix(before: "patch_embed.proj.weight"), names.contains(prefix + "cls_token") {
      let isOld = names.contains(prefix + "blocks.0.gamma_1")
      return VisionNaming(isOld ? hasRelativeBias(names) ? .beit : .deit : .timm, prefix: prefix)
    }
    throw InputError(
      "no vision transformer is recognised among its \(names.count) tensors", at: source.place,
      cure: "give weights in timm's or the official names, or those of a CLIP (masksub inspect shows a file)")
  }

  private static func hasRelativeBias(_ names: [String]) -> Bool {
    names.contains { $0.hasSuffix("relative_position_bias_table") }
  }

  /// Recognises a file. Names decide between the families, shapes give the sizes; `variant`, a timm name, settles what
  /// neither tells: the width of a head, and which GELU.
  init(_ source: any NamedTensors, variant: String?) throws {
    self.source = source
    naming = try Self.naming(of: source)
    let hint = try variant.map { name in
      guard let known = VisionVariant.named(name) else {
        throw InputError(
          "there is no vision transformer '\(name)'", at: "--model",
          cure: "choose one of \(VisionVariant.all.map(\.name).joined(separator: ", "))")
      }
      return known
    }
    config = hint ?? VisionTransformerConfig(patchSize: 16, width: 0, depth: 0, heads: 0)
    try readSizes(hint)
    try readFamily(hint)
    try config.validate(at: source.place)
    if let hint, let variant { try compare(with: hint, variant) }
  }

  /// The shape of a parameter by its timm name; nil where the file has no such tensor.
  private func shape(_ parameter: String) throws -> [Int]? {
    let name = naming.fileNames(of: parameter)[0]
    return source.contains(name) ? try source.info(named: name).shape : nil
  }

  private func failure(_ what: String, _ parameter: String) -> InputError {
    InputError(
      what, at: "\(source.place), tensor '\(naming.fileNames(of: parameter)[0])'",
      cure: "use the weights of a vision transformer")
  }

  private func required(_ parameter: String, rank: Int) throws -> [Int] {
    guard let shape = try shape(parameter), shape.count == rank, !shape.contains(0) else {
      throw failure("it is missing, or no tensor of \(rank) axes", parameter)
    }
    return shape
  }

  private mutating func readSizes(_ hint: VisionTransformerConfig?) throws {
    let patch = try required("patch_embed.proj.weight", rank: 4)
    guard patch[1] == 3, patch[2] == patch[3] else {
      throw failure(
        "a patch embedding of shape \(patch) is not one of square colour patches", "patch_embed.proj.weight")
    }
    (config.width, config.patchSize) = (patch[0], patch[2])
    config.hasPatchBias = try shape("patch_embed.proj.bias") != nil
    config.depth = 0
    while try shape("blocks.\(config.depth).norm1.weight") != nil { config.depth += 1 }
    config.hidden = try required("blocks.0.mlp.fc1.weight", rank: 2)[0]
    try checkBlocks()
    if let head = try shape("head.weight"), head.count == 2, head[1] == config.width,
      try shape("head.bias") == [head[0]]
    {
      config.classes = head[0]
    }
    // The width of a head is in no tensor but a table of relative biases: that of the known model of this width, else
    // 64, or 32 where 64 does not divide the width.
    let known = hint ?? VisionVariant.all.first { $0.config.width == config.width }?.config
    let headWidth = known.map { $0.width / $0.heads } ?? (config.width % 64 == 0 ? 64 : 32)
    config.heads = max(1, config.width / headWidth)
  }

  /// Every block must hold its matrices: a model is never larger than the file that it is made for.
  private func checkBlocks() throws {
    let packed = naming.fileNames(of: "blocks.0.attn.qkv.weight").count == 1
    for block in 0..<config.depth {
      let (qkv, fc1) = ("blocks.\(block).attn.qkv.weight", "blocks.\(block).mlp.fc1.weight")
      guard try required(qkv, rank: 2) == [packed ? 3 * config.width : config.width, config.width] else {
        throw failure("its shape does not fit a width of \(config.width)", qkv)
      }
      guard try required(fc1, rank: 2) == [config.hidden, config.width] else {
        throw failure("its shape is not [\(config.hidden), \(config.width)]", fc1)
      }
    }
  }

  private mutating func readFamily(_ hint: VisionTransformerConfig?) throws {
    let table = "blocks.0.attn.relative_position_bias_table"
    let shared = "rel_pos_bias.relative_position_bias_table"
    config.hasSeparateBiases = try shape("blocks.0.attn.q_bias") != nil
    config.hasPreNorm = try shape("norm_pre.weight") != nil
    if config.hasPreNorm {
      config.epsilon = 1e-5
      if hint == nil { config.usesQuickGELU = tellsActivation }
    }
    config.layerScale = try shape("blocks.0.ls1.gamma") == nil ? nil : hint?.layerScale ?? 1e-4
    if try shape(table) != nil || shape(shared) != nil {
      config.relativeBias = try shape(table) != nil ? .perBlock : .shared
      let rows = try required(config.relativeBias == .perBlock ? table : shared, rank: 2)
      let span = Self.root(rows[0] - 3)
      guard let span, span % 2 == 1 else { throw failure("\(rows[0]) rows are no table of relative positions", table) }
      (config.imageSize, config.heads) = ((span + 1) / 2 * config.patchSize, rows[1])
      (config.position, config.masked) = (.none, .replaced)
    } else {
      config.relativeBias = .none
      try readPositions()
      config.masked = .removed
    }
    config.dropPathShape = config.position == .patches ? .constant : .linear
    try readReadout(hint)
  }

  private mutating func readPositions() throws {
    let shape = try required("pos_embed", rank: naming.scheme == .timm || naming.scheme == .deit ? 3 : 2)
    let rows = shape[shape.count - 2]
    guard shape.last == config.width else { throw failure("its rows are not \(config.width) features", "pos_embed") }
    if let grid = Self.root(rows), grid > 0 {
      config.position = .patches
      config.imageSize = grid * config.patchSize
    } else if let grid = Self.root(rows - 1), grid > 0 {
      config.position = .all
      config.imageSize = grid * config.patchSize
    } else {
      throw failure("\(rows) positions are no square grid of patches, with or without a class token", "pos_embed")
    }
  }

  private mutating func readReadout(_ hint: VisionTransformerConfig?) throws {
    let isCLIP = naming.scheme == .clip || naming.scheme == .huggingFace
    if try !isCLIP && shape("fc_norm.weight") != nil {
      config.readout = .pooled
    } else if isCLIP {
      // FT-CLIP's `fc_norm` stands on every patch token; OpenAI's own files are finetuned in the same way.
      config.readout = .normedPool
    } else if try shape("head.weight") == nil {
      // A pretrained encoder: the family's way of finetuning. timm's names of MAE are those of any headless ViT.
      let isPlain = config.position == .all && !config.hasPreNorm && config.layerScale == nil
      config.readout =
        hint?.readout ?? (config.relativeBias != .none || isPlain ? .pooled : config.hasPreNorm ? .normedPool : .token)
    } else {
      config.readout = .token
    }
    if config.readout != .token { config.headDeviation = 2e-5 }
  }

  /// A name that was given must be of the family that was found; sizes may be others.
  private func compare(with hint: VisionTransformerConfig, _ variant: String) throws {
    let differs =
      config.position != hint.position || config.hasPreNorm != hint.hasPreNorm
      || config.hasSeparateBiases != hint.hasSeparateBiases || config.patchSize != hint.patchSize
      || (config.layerScale == nil) != (hint.layerScale == nil)
    if differs {
      throw InputError(
        "the weights are not those of a \(variant): \(description)", at: source.place,
        cure: "name the model that the weights belong to, or none")
    }
  }

  /// Whether the file comes from where CLIP has QuickGELU.
  var tellsActivation: Bool { naming.scheme == .huggingFace || source.contains("input_resolution") }

  /// The family and its sizes in words.
  var description: String {
    let family =
      config.relativeBias != .none
      ? "BEiT"
      : config.hasPreNorm ? "CLIP" : config.layerScale != nil ? "DeiT-III" : config.readout == .pooled ? "MAE" : "ViT"
    return "\(family), patch \(config.patchSize), width \(config.width), depth \(config.depth), "
      + "\(config.heads) heads, \(naming)"
  }

  private static func root(_ square: Int) -> Int? {
    guard square >= 0 else { return nil }
    let root = Int(Double(square).squareRoot().rounded())
    return root * root == square ? root : nil
  }
}
