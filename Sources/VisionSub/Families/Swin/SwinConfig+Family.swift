public import SubCore
public import SubData
public import SubNN
public import SubTrain

extension SwinConfig: VisionConfiguration {
  public static var family: any VisionFamily { SwinFamily() }
  public var cells: MaskGrid { MaskGrid(side: imageSize / cell, pixels: cell) }
  public var hiddenCells: HiddenCells { .replaced }
  public var published: Naming { .timmSwin }
  public var head: String { "head.fc" }
  public var decayRule: DecayRule { .swin }

  /// Patch merging belongs to the stage that it ends in the official names (SimMIM's finetuning).
  public var layers: LayerOrder {
    let depths = depths
    return LayerOrder(top: depths.reduce(0, +) + 1) { name in
      let parts = name.split(separator: ".")
      if name.hasPrefix("patch_embed.") || name == "mask_token" { return 0 }
      guard parts.count > 3, parts[0] == "layers", let stage = Int(parts[1]) else { return depths.reduce(0, +) + 1 }
      let before = depths.prefix(stage).reduce(0, +)
      return parts[2] == "blocks" ? before + (Int(parts[3]) ?? 0) + 1 : before
    }
  }

  public var sizes: [(name: String, value: Int)] {
    [("width", width), ("patch", patchSize), ("window", min(window, grid(0)))]
      + depths.map { ("depth", $0) } + heads.map { ("heads", $0) } + [("classes", classes)]
  }

  public var summary: String {
    let letter: String =
      switch (width, depths) {
      case (96, [2, 2, 6, 2]): "-T"
      case (96, [2, 2, 18, 2]): "-S"
      case (128, [2, 2, 18, 2]): "-B"
      case (192, [2, 2, 18, 2]): "-L"
      default: ""
      }
    return "Swin\(letter), depths \(depths.map(String.init).joined(separator: "-")), width \(width)"
  }

  public mutating func take(_ sizes: ModelSizes) throws(InputError) {
    let stages = 1...Self.mostStages
    try sizes.check(family.name, ["width": 1...1, "depth": stages, "heads": stages, "patch": 1...1])
    let headWidth = width / heads[0]
    if let features = sizes.width.first { width = features }
    if !sizes.depth.isEmpty { depths = sizes.depth }
    if sizes.width.count + sizes.depth.count > 0 { heads = depths.indices.map { max(1, width($0) / headWidth) } }
    if !sizes.heads.isEmpty { heads = sizes.heads }
    if sizes.patch > 0 { patchSize = sizes.patch }
  }

  public mutating func follow(_ recipe: VisionRecipe) {
    if recipe.model.window > 0 { window = recipe.model.window }
  }

  public var timm: TimmModel? {
    TimmModel(
      "swin_base_patch4_window7_224",
      [
        "img_size": .integer(Int64(imageSize)), "patch_size": .integer(Int64(patchSize)),
        "embed_dim": .integer(Int64(width)), "depths": .array(depths.map { .integer(Int64($0)) }),
        "num_heads": .array(heads.map { .integer(Int64($0)) }), "window_size": .integer(Int64(window)),
      ])
  }

  public mutating func follow(timm arguments: JSON) {
    if let patch = arguments["patch_size"]?.int { patchSize = patch }
    if let depths = arguments["depths"]?.array?.compactMap(\.int) { self.depths = depths }
  }

  public func makeModel() -> any VisionModel { SwinTransformer(self) }

  public func validate(at place: String) throws(InputError) {
    func require(_ condition: Bool, _ what: @autoclosure () -> String, _ cure: String) throws(InputError) {
      if !condition { throw InputError(what(), at: place, cure: cure) }
    }
    let sizes = [imageSize, classes, patchSize, width, window, cell] + depths + heads
    try require(
      sizes.allSatisfy { (1...1 << 16).contains($0) }, "sizes \(sizes) of a Swin transformer",
      "image, classes, patch, width, window, depths and heads are positive numbers")
    try require(
      depths.count == heads.count && (1...Self.mostStages).contains(depths.count),
      "\(depths.count) stages, heads for \(heads.count)", "give a number of heads for each of 1 to 8 stages")
    for stage in heads.indices {
      try WeightHints.checkHeads(heads[stage], of: width(stage), at: place, isUsage: false)
    }
    try require(
      imageSize >= patchSize, "images of \(imageSize) pixels hold no patch of \(patchSize)",
      "use larger images or smaller patches")
    // Tables of all pairs of places grow with a window's fourth power.
    try require(
      min(window, grid(0)) <= 64, "windows of \(window) × \(window) tokens", "64 tokens a side are the most")
    try require(
      cell % patchSize == 0, "patches of \(patchSize) pixels do not fill cells of \(cell)",
      "use patches that divide the cells that masking hides")
    try require(
      dropPath >= 0 && dropPath < 1, "a stochastic depth of \(dropPath)", "choose a rate from 0 to below 1")
  }

  public func plan(for weights: Weights, of found: any VisionConfiguration) throws -> LoadPlan {
    LoadPlan(
      mayStart: ["\(head).*", "mask_token"],
      starts: try startedHead(weights, reading: features),
      // The (2w−1)² differences are a grid: other windows read it bicubically, as the official code does.
      fits: [("layers.*.blocks.*.attn.relative_position_bias_table", .grid(prefix: 0))])
  }
}
