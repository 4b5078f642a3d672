public import SubCore
import SubData
import SubTrain

/// The sizes of a CLIP (Radford et al. 2021) with a vision transformer, and its activation.
public struct ClipConfig: Sendable, Equatable {
  /// The image tower.
  public struct Image: Sendable, Equatable {
    /// The side of the square images, in pixels.
    public var size = 224
    /// The side of a patch.
    public var patch = 32
    /// The width of a token.
    public var width = 768
    /// Blocks.
    public var layers = 12
    /// Attention heads.
    public var heads = 12
    /// The hidden width of a block's two-layer network.
    public var mlpWidth = 3072

    /// Patches of an image.
    public var patches: Int { (size / patch) * (size / patch) }
  }

  /// The text tower.
  public struct Text: Sendable, Equatable {
    /// The longest text, start and end included.
    public var contextLength = 77
    /// Token ids; the largest is the end token.
    public var vocabularySize = 49408
    /// The width of a token.
    public var width = 512
    /// Blocks.
    public var layers = 12
    /// Attention heads.
    public var heads = 8
    /// The hidden width of a block's two-layer network.
    public var mlpWidth = 2048
  }

  /// The width of the space that both towers end in.
  public var embedWidth = 512
  /// The image tower's sizes.
  public var image = Image()
  /// The text tower's sizes.
  public var text = Text()
  /// `.gelu`, or `.quickGelu` for weights that descend from OpenAI's.
  public var activation = Activation.gelu
  /// The share of an image's patches that a configuration wants left out in training, which the training method decides
  /// here: it is read to be told, and not written.
  public var patchDropout = 0.0

  /// About how many weights both towers have; a double, for a file may claim anything.
  var weightCount: Double {
    func blocks(_ width: Int, _ layers: Int, _ mlp: Int) -> Double {
      let width = Double(width)
      return Double(layers) * (4 * width * width + 2 * width * Double(mlp))
    }
    let patch = Double(image.patch)
    let pixels = Double(image.size) / patch * (Double(image.size) / patch) + 3 * patch * patch
    return blocks(image.width, image.layers, image.mlpWidth) + Double(image.width) * (pixels + Double(embedWidth))
      + blocks(text.width, text.layers, text.mlpWidth)
      + Double(text.width) * (Double(text.vocabularySize) + Double(text.contextLength) + Double(embedWidth))
  }

  /// Throws where a new model of these sizes would take more memory than a configuration may claim: weights, gradients and
  /// moments, and for every block what keeps books about it.
  public func checkClaim(at place: String) throws {
    let layers = Double(image.layers + text.layers)
    try ClaimLimit.check(
      16 * weightCount + layers * 1_048_576, .model, holding: 0,
      "the configuration is that of a model of \((weightCount / 1e6).fixed(0)) million weights", at: place)
  }

  /// ViT-B/32.
  public init() {}

  /// A model by its open_clip name; nil where it is none of `names`.
  public init?(named name: String) {
    var base = name
    if name.hasSuffix(Self.quickSuffix) {
      base = String(name.dropLast(Self.quickSuffix.count))
      activation = .quickGelu
    }
    switch base {
    case "ViT-B-32": break
    case "ViT-B-16": image.patch = 16
    case "ViT-L-14":
      embedWidth = 768
      image = Image(patch: 14, width: 1024, layers: 24, heads: 16, mlpWidth: 4096)
      text = Text(width: 768, heads: 12, mlpWidth: 3072)
    default: return nil
    }
  }

  /// The names that `init(named:)` knows.
  public static let names = ["ViT-B-32", "ViT-B-16", "ViT-L-14"].flatMap { [$0, $0 + quickSuffix] }

  private static let quickSuffix = "-quickgelu"
  /// The width of a head in every published model.
  static let headWidth = 64
}
