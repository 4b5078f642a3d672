import SubCore
import SubData
import SubTrain

/// What the names and shapes of a file's tensors say of the vision transformer that they are.
struct ViTRecognition {
  private let weights: Weights
  private let hint: VisionTransformerConfig?
  private let notes: ModelNotes
  private(set) var config: VisionTransformerConfig
  /// What was guessed.
  private(set) var guesses: Set<String> = []

  /// Names decide between the families, shapes give the sizes. What neither tells, a head's width, which GELU, what the
  /// head reads, `notes` or `hint` settle, or it is guessed.
  init(_ weights: Weights, like hint: VisionTransformerConfig? = nil, beside notes: ModelNotes = ModelNotes()) throws {
    (self.weights, self.hint, self.notes) = (weights, hint, notes)
    config = hint ?? VisionTransformerConfig(patchSize: 16, width: 0, depth: 0, heads: 0)
    try refuseRelatives()
    try readSizes()
    try readFamily()
    try readActivation()
    try config.validate(at: weights.place)
  }

  /// Networks that are named alike and compute something else.
  private func refuseRelatives() throws {
    let first = "blocks.0.attn"
    let relatives = [
      ("dist_token", "a distillation token"), ("embeddings.distillation_token", "a distillation token"),
      ("reg_token", "register tokens"), ("\(first).q_norm.weight", "norms of query and key"),
      ("blocks.0.mlp.fc1_g.weight", "gated MLPs"), ("blocks.0.mlp.w12.weight", "gated MLPs"),
    ]
    for prefix in ["", "vit.", "deit."] {
      for (name, what) in relatives where weights.source.contains(weights.prefix + prefix + name) {
        throw unsupported("with \(what)", weights.prefix + prefix + name)
      }
    }
    if !weights.contains("cls_token") {
      throw unsupported("without a class token", weights.fileNames(of: "cls_token")[0])
    }
    // BEiT and Data2Vec as transformers has them.
    let query = weights.source.names.first { $0.hasSuffix("encoder.layer.0.attention.attention.query.bias") }
    if weights.naming == .huggingFaceEncoder, let query, !weights.contains("\(first).qkv.bias") {
      throw unsupported("whose keys have no bias, under transformers' names", query)
    }
    let biases = ["qkv.bias", "q_bias"].map { "\(first).\($0)" }
    if weights.contains("\(first).qkv.weight"), !biases.contains(where: { weights.contains($0) }) {
      throw unsupported("whose attention has no biases", weights.fileNames(of: biases[0])[0])
    }
  }

  private func unsupported(_ which: String, _ name: String) -> InputError {
    let kind = notes.modelType.map { " (model_type \($0))" } ?? ""
    return InputError(
      "these are weights of a vision transformer\(kind) \(which), which is not supported",
      at: "\(weights.place), tensor '\(name)'",
      cure: "use a plain vision transformer, such as \(VisionTransformerConfig.variants[2].name)")
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
    try readHeads()
  }

  /// The width of a head is in no tensor but a table of relative biases. The guess is that of the published models of
  /// this width, else 64, or 32 where 64 does not divide the width.
  private mutating func readHeads() throws {
    if let heads = notes.hints.heads {
      try WeightHints.checkHeads(heads, of: config.width, at: "--heads")
      config.heads = heads
    } else if let heads = notes.heads(of: config.width) {
      try WeightHints.checkHeads(
        heads, of: config.width, at: "\(weights.place), its configuration",
        cure: "give the configuration that belongs to the weights, or say --heads", isUsage: false)
      config.heads = heads
    } else if let hint, hint.width == config.width {
      config.heads = hint.heads
    } else {
      let headWidth = hint.map { $0.width / $0.heads } ?? (config.width % 64 == 0 ? 64 : 32)
      config.heads = VisionTransformerConfig.heads(ofWidth: config.width) ?? max(1, config.width / headWidth)
      guesses.insert(RecognisedModel.heads)
    }
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
    // A network that is named has its own, whatever its tensors are called.
    if hint == nil, config.hasPreNorm || weights.naming == .huggingFaceEncoder {
      config.epsilon = config.hasPreNorm ? 1e-5 : 1e-12
    }
    if let epsilon = notes.epsilon { config.epsilon = epsilon }
    config.layerScale = weights.contains("blocks.0.ls1.gamma") ? hint?.layerScale ?? 1e-4 : nil
    if weights.contains(table) {
      // A pretrained BEiT's one table is every block's name for it.
      let isShared = weights.fileNames(of: table) == weights.fileNames(of: ViTFamily.sharedTable)
      config.relativeBias = isShared ? .shared : .perBlock
      let rows = try required(table, rank: 2)
      let span = Fitting.root(rows[0] - 3)
      guard let span, span % 2 == 1 else { throw failure("\(rows[0]) rows are no table of relative positions", table) }
      if let said = notes.hints.heads, said != rows[1] {
        throw InputError(
          "its tables of relative positions are those of \(rows[1]) heads", at: weights.place,
          cure: "leave --heads \(said) out", isUsage: true)
      }
      guesses.remove(RecognisedModel.heads)
      try takeImageSize(grid: (span + 1) / 2)
      config.heads = rows[1]
      (config.position, config.masked) = (.none, .replaced)
    } else {
      config.relativeBias = .none
      try readPositions()
      config.masked = .removed
    }
    config.dropPathShape = config.position == .patches ? .constant : .linear
    try readReadout()
  }

  /// Images are as large as is said, if they have this grid: the patches need not fill them. Else they are as large as it.
  private mutating func takeImageSize(grid: Int) throws {
    let said = [notes.hints.imageSize, try notes.imageSize(of: weights)].compactMap(\.self)
    config.imageSize = said.first { $0 / config.patchSize == grid } ?? grid * config.patchSize
  }

  private mutating func readPositions() throws {
    let shape = try required("pos_embed", rank: 2)
    guard shape[1] == config.width else { throw failure("its rows are not \(config.width) features", "pos_embed") }
    // CLIP and transformers always have one of the class token; its square is chance.
    let hasTokenFirst = weights.naming.isPart || weights.naming == .huggingFaceEncoder
    if !hasTokenFirst, let grid = Fitting.root(shape[0]) {
      config.position = .patches
      try takeImageSize(grid: grid)
    } else if let grid = Fitting.root(shape[0] - 1) {
      config.position = .all
      try takeImageSize(grid: grid)
    } else {
      throw failure("\(shape[0]) positions are no square grid of patches, with or without a class token", "pos_embed")
    }
  }

  /// GELU, but for CLIP as OpenAI trained it, whose files and relatives tell in part.
  private mutating func readActivation() throws {
    if let told = try notes.hints.activation ?? notes.activation() {
      config.usesQuickGELU = told == .quickGelu
    } else if config.hasPreNorm, hint == nil {
      config.usesQuickGELU = ViTFamily.tellsQuickGELU(weights)
      if !config.usesQuickGELU || weights.naming == .huggingFaceViT { guesses.insert(RecognisedModel.activation) }
    }
  }

  private mutating func readReadout() throws {
    let hasHead = weights.contains("head.weight")
    let hasMeanNorm = !weights.naming.isPart && weights.contains("fc_norm.weight")
    if let said = notes.hints.readout.flatMap(VisionTransformerConfig.Readout.init(rawValue:)) {
      config.readout = said
    } else if !hasHead, hint == nil, let kind = notes.modelType, kind != "vit_mae" {
      // Such a model hands on what its own final norm made. MAE's is finetuned without.
      config.readout = .token
    } else if hasHead, let pool = try notes.pool(among: ["token", "avg"], for: weights, orElse: ", or say --readout") {
      // Without a norm of its own behind the mean, the final one stands before it.
      config.readout = pool == "token" ? .token : hasMeanNorm ? .pooled : .normedPool
    } else if hasMeanNorm {
      config.readout = .pooled
    } else if ViTFamily.hasPatchNorm(weights) {
      config.readout = .normedPool
    } else if !hasHead {
      // A pretrained encoder: the family's way of finetuning. timm's names of MAE are those of any headless ViT. A CLIP's
      // tower hands on its class token.
      let isTower = weights.naming.isPart || config.hasPreNorm
      let isPlain = config.position == .all && !isTower && config.layerScale == nil
      config.readout = hint?.readout ?? (config.relativeBias != .none || isPlain ? .pooled : .token)
      if hint == nil, config.hasPreNorm, !weights.naming.isPart { guesses.insert(RecognisedModel.readout) }
    } else {
      config.readout = .token
      // transformers' classifier reads the class token.
      if hint == nil, weights.naming != .huggingFaceEncoder { guesses.insert(RecognisedModel.readout) }
    }
    if config.readout != .token { config.headDeviation = 2e-5 }
  }
}
