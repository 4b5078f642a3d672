extension VisionTransformerConfig {
  /// The vision transformers by timm's names (1000 classes, 224 pixels), and a small one for the embedded images. `.mae` is
  /// timm's tag for MAE's encoder, which reads the mean of the patch tokens when it is finetuned.
  static let variants: [(name: String, config: VisionTransformerConfig)] = {
    let sizes: [String: (width: Int, depth: Int, heads: Int)] = [
      "tiny": (192, 12, 3), "small": (384, 12, 6), "base": (768, 12, 12), "large": (1024, 24, 16),
      "huge": (1280, 32, 16),
    ]
    var all: [(String, VisionTransformerConfig)] = []
    func add(
      _ name: String, _ size: String, _ patch: Int, _ change: (inout VisionTransformerConfig) -> Void = { _ in }
    ) {
      let size = sizes[size]!
      var value = VisionTransformerConfig(patchSize: patch, width: size.width, depth: size.depth, heads: size.heads)
      change(&value)
      all.append((name, value))
    }
    let patches = [("tiny", 16), ("small", 16), ("base", 16), ("large", 16), ("huge", 14)]
    for (size, patch) in patches { add("vit_\(size)_patch\(patch)_224", size, patch) }
    for (size, patch) in patches.dropFirst(2) {
      add("vit_\(size)_patch\(patch)_224.mae", size, patch) {
        $0.readout = .pooled
        $0.headDeviation = 2e-5
      }
    }
    for (size, patch) in patches.dropFirst() {
      add("deit3_\(size)_patch\(patch)_224", size, patch) {
        $0.position = .patches
        $0.layerScale = 1e-4
        $0.dropPathShape = .constant
      }
    }
    for size in ["base", "large"] {
      add("beitv2_\(size)_patch16_224", size, 16) {
        $0.position = .none
        $0.relativeBias = .perBlock
        $0.hasSeparateBiases = true
        $0.layerScale = size == "base" ? 0.1 : 1e-5
        $0.readout = .pooled
        $0.masked = .replaced
        $0.headDeviation = 2e-5
      }
    }
    for (size, patch) in [("base", 32), ("base", 16), ("large", 14)] {
      for suffix in ["", "_quickgelu"] {
        add("vit_\(size)_patch\(patch)_clip\(suffix)_224", size, patch) {
          $0.epsilon = 1e-5
          $0.hasPatchBias = false
          $0.hasPreNorm = true
          $0.usesQuickGELU = suffix != ""
          $0.headDeviation = 2e-5
        }
      }
    }
    all.append(
      (
        "vit_shapes_patch4_32",
        VisionTransformerConfig(imageSize: 32, patchSize: 4, width: 96, depth: 4, heads: 3, classes: 10)
      ))
    return all
  }()
}
