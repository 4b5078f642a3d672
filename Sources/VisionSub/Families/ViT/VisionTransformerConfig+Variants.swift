extension VisionTransformerConfig {
  /// The vision transformers by timm's names (1000 classes, 224 pixels), and a small one for the embedded images. `.mae` is
  /// timm's tag for MAE's encoder, which reads the mean of the patch tokens when it is finetuned.
  static let variants: [(name: String, config: VisionTransformerConfig)] = {
    let patches = [("tiny", 16), ("small", 16), ("base", 16), ("large", 16), ("huge", 14)]
    let plain = patches.map { "vit_\($0)_patch\($1)_224" }
    let clips = [("base", 32), ("base", 16), ("large", 14)].flatMap { size, patch in
      ["", "_quickgelu"].map { "vit_\(size)_patch\(patch)_clip\($0)_224" }
    }
    let names =
      plain + plain.dropFirst(2).map { $0 + ".mae" } + patches.dropFirst().map { "deit3_\($0)_patch\($1)_224" }
      + ["base", "large"].map { "beitv2_\($0)_patch16_224" } + clips
    let shapes = VisionTransformerConfig(imageSize: 32, patchSize: 4, width: 96, depth: 4, heads: 3, classes: 10)
    return names.map { ($0, VisionTransformerConfig(timm: $0)!) } + [("vit_shapes_patch4_32", shapes)]
  }()

  /// Width, depth, heads and what an MLP has between its layers, by the word for them.
  private static let sizes: [String: (width: Int, depth: Int, heads: Int, hidden: Int)] = [
    "tiny": (192, 12, 3, 768), "xsmall": (256, 10, 4, 1024), "small": (384, 12, 6, 1536), "medium": (512, 12, 8, 2048),
    "betwixt": (640, 12, 10, 2560), "base": (768, 12, 12, 3072), "large": (1024, 24, 16, 4096),
    "huge": (1280, 32, 16, 5120), "giant": (1408, 40, 16, 6144), "gigantic": (1664, 48, 16, 8192),
    // open_clip's ViT-e.
    "enormous": (1792, 56, 16, 15360),
  ]

  /// Heads of the published vision transformers of a width; nil: there are none.
  static func heads(ofWidth width: Int) -> Int? { sizes.values.first { $0.width == width }?.heads }

  /// The network that timm calls `name`, for images of any size, with whatever tag. Nil for a name that it has not, or of
  /// a relative that computes something else, though tensors be named alike.
  init?(timm name: String) {
    let parts = name.split(separator: ".", maxSplits: 1)
    guard let base = parts.first else { return nil }
    if base == "test_vit" {
      self.init(imageSize: 160, patchSize: 16, width: 64, depth: 6, heads: 2, hidden: 192)
      return
    }
    var words = base.split(separator: "_").map(String.init)
    if words.first == "flexivit" { words += ["patch16", "240"] }
    guard words.count >= 4, words[2].hasPrefix("patch"), let patch = Int(words[2].dropFirst("patch".count)),
      (1...64).contains(patch), let size = Self.sizes[words[1]]
    else { return nil }
    let (kind, end) = (words[0], words[words.count - 1])
    // DINOv2's names end without the side of its images. Below 96 pixels it is no size of timm's, but a mistyped one.
    let isDINO = kind == "vit" && end == "dinov2"
    guard let side = isDINO ? 518 : Int(end), (96...4096).contains(side) else { return nil }
    self.init(
      imageSize: side, patchSize: patch, width: size.width, depth: size.depth, heads: size.heads, hidden: size.hidden)
    switch (kind, words[3..<words.count - 1].joined(separator: "_")) {
    case ("vit", ""), ("deit", ""): layerScale = isDINO ? 1e-5 : nil
    case ("vit", "plus") where words[1] == "base", ("vit", "plus_clip") where words[1] == "base":
      (width, heads, hidden) = (896, 14, 3584)
      if words.contains("clip") { becomeCLIP() } else { layerScale = 1e-5 }
    case ("vit", "36x1") where words[1] == "small": (depth, layerScale) = (36, 1e-5)
    case ("vit", "clip"): becomeCLIP()
    case ("vit", "clip_quickgelu"):
      becomeCLIP()
      usesQuickGELU = true
    case ("deit3", ""): (position, layerScale, dropPathShape) = (.patches, 1e-4, .constant)
    case ("flexivit", ""): (position, dropPathShape) = (.patches, .constant)
    case ("beit", ""), ("beitv2", ""):
      (position, relativeBias, masked, hasSeparateBiases) = (.none, .perBlock, .replaced, true)
      layerScale = words[1] == "base" ? 0.1 : 1e-5
      readMeans()
    case ("eva", "") where ["large", "giant"].contains(words[1]), ("eva", "clip") where words[1] == "giant":
      hasSeparateBiases = words[1] == "giant"
      if !words.contains("clip") { readMeans() }
    default: return nil
    }
    if parts.count > 1, parts[1] == "mae" { readMeans() }
  }

  private mutating func becomeCLIP() {
    (epsilon, hasPatchBias, hasPreNorm, headDeviation) = (1e-5, false, true, 2e-5)
  }

  private mutating func readMeans() { (readout, headDeviation) = (.pooled, 2e-5) }
}
