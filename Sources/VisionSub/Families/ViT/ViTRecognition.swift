import SubCore
import SubTrain

/// What the names and shapes of a file's tensors say of the vision transformer that they are.
struct ViTRecognition {
  private let weights: Weights
  private let hint: VisionTransformerConfig?
  private(set) var config: VisionTransformerConfig

  /// Names decide between the families, shapes give the sizes; `hint` settles what neither tells: the width of a head,
  /// and which GELU.
  init(_ weights: Weights, like hint: VisionTransformerConfig?) throws {
    (self.weights, self.hint) = (weights, hint)
    config = hint ?? VisionTransformerConfig(patchSize: 16, width: 0, depth: 0, heads: 0)
    try readSizes()
    try readFamily()
    try config.validate(at: weights.place)
  }

  private func failure(_ what: String, _ name: String) -> InputError {
    weights.failure(what, name, cure: "use the weights of a vision transformer")
  }

  private func required(_ name: String, rank: Int) throws -> [Int] {
    guard let shape = try weights.shape(of: name), shape.count == rank, !shape.contains(0) else {
      throw failure("it is missing, or no tensor of \(rank) axes", name)
    }
    return shape
  }

  private mutating func readSizes() throws {
    let patch = try required("patch_embed.proj.weight", rank: 4)
    guard patch[1] == 3, patch[2] == patch[3] else {
      throw failure(
        "a patch embedding of shape \(patch) is not one of square colour patches", "patch_embed.proj.weight")
    }
    (config.width, config.patchSize) = (patch[0], patch[2])
    config.hasPatchBias = weights.contains("patch_embed.proj.bias")
    config.depth = 0
    while weights.contains("blocks.\(config.depth).norm1.weight") { config.depth += 1 }
    config.hidden = try required("blocks.0.mlp.fc1.weight", rank: 2)[0]
    try checkBlocks()
    if let head = try weights.shape(of: "head.weight"), head.count == 2, head[1] == config.width,
      try weights.shape(of: "head.bias") == [head[0]]
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
    for block in 0..<config.depth {
      for (name, shape) in [
        ("attn.qkv.weight", [3 * config.width, config.width]), ("mlp.fc1.weight", [config.hidden, config.width]),
      ] {
        let name = "blocks.\(block).\(name)"
        guard try required(name, rank: 2) == shape else { throw failure("its shape is not \(shape)", name) }
      }
    }
  }

  private mutating func readFamily() throws {
    let table = "blocks.0.attn.relative_position_bias_table"
    config.hasSeparateBiases = weights.contains("blocks.0.attn.q_bias")
    config.hasPreNorm = weights.contains("norm_pre.weight")
    if config.hasPreNorm {
      config.epsilon = 1e-5
      if hint == nil { config.usesQuickGELU = ViTFamily.tellsQuickGELU(weights) }
    }
    config.layerScale = weights.contains("blocks.0.ls1.gamma") ? hint?.layerScale ?? 1e-4 : nil
    if weights.contains(table) {
      // A pretrained BEiT's one table is every block's name for it.
      let isShared = weights.fileNames(of: table) == weights.fileNames(of: ViTFamily.sharedTable)
      config.relativeBias = isShared ? .shared : .perBlock
      let rows = try required(table, rank: 2)
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
    try readReadout()
  }

  private mutating func readPositions() throws {
    let shape = try required("pos_embed", rank: 2)
    guard shape[1] == config.width else { throw failure("its rows are not \(config.width) features", "pos_embed") }
    if let grid = Self.root(shape[0]), grid > 0 {
      config.position = .patches
      config.imageSize = grid * config.patchSize
    } else if let grid = Self.root(shape[0] - 1), grid > 0 {
      config.position = .all
      config.imageSize = grid * config.patchSize
    } else {
      throw failure("\(shape[0]) positions are no square grid of patches, with or without a class token", "pos_embed")
    }
  }

  private mutating func readReadout() throws {
    if !weights.naming.isPart && weights.contains("fc_norm.weight") {
      config.readout = .pooled
    } else if weights.naming.isPart {
      // FT-CLIP's `fc_norm` stands on every patch token; OpenAI's own files are finetuned in the same way.
      config.readout = .normedPool
    } else if !weights.contains("head.weight") {
      // A pretrained encoder: the family's way of finetuning. timm's names of MAE are those of any headless ViT.
      let isPlain = config.position == .all && !config.hasPreNorm && config.layerScale == nil
      config.readout =
        hint?.readout ?? (config.relativeBias != .none || isPlain ? .pooled : config.hasPreNorm ? .normedPool : .token)
    } else {
      config.readout = .token
    }
    if config.readout != .token { config.headDeviation = 2e-5 }
  }

  private static func root(_ square: Int) -> Int? {
    guard square >= 0 else { return nil }
    let root = Int(Double(square).squareRoot().rounded())
    return root * root == square ? root : nil
  }
}
