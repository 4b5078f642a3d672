import SubCore

/// The vision transformers by timm's names.
public enum VisionVariant {
  /// A size of the family.
  private struct Size {
    let name: String
    let width, depth, heads: Int
  }

  private static let sizes = [
    Size(name: "tiny", width: 192, depth: 12, heads: 3), Size(name: "small", width: 384, depth: 12, heads: 6),
    Size(name: "base", width: 768, depth: 12, heads: 12), Size(name: "large", width: 1024, depth: 24, heads: 16),
    Size(name: "huge", width: 1280, depth: 32, heads: 16),
  ]

  /// Every known name with its configuration (1000 classes, 224 pixels), and the embedded default's. `.mae` is timm's
  /// tag for MAE's encoder, which reads the mean of the patch tokens when it is finetuned.
  public static let all: [(name: String, config: VisionTransformerConfig)] = {
    func config(_ size: String, _ patch: Int) -> VisionTransformerConfig {
      let size = sizes.first { $0.name == size }!
      return VisionTransformerConfig(patchSize: patch, width: size.width, depth: size.depth, heads: size.heads)
    }
    var all: [(String, VisionTransformerConfig)] = []
    func add(
      _ name: String, _ size: String, _ patch: Int, _ change: (inout VisionTransformerConfig) -> Void = { _ in }
    ) {
      var value = config(size, patch)
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

  /// The configuration of a name; nil for an unknown one.
  public static func named(_ name: String) -> VisionTransformerConfig? {
    all.first { $0.name == name }?.config ?? all.first { name.hasPrefix($0.name + ".") }?.config
  }
}
