public import SubCore
import SubNN
import SubTrain

/// What tells one vision transformer from another: DeiT-III, MAE, BEiT v2, CLIP's image tower and the plain ViTs of timm
/// are values of this type.
public struct VisionTransformerConfig: Sendable, Codable, Equatable {
  /// Which tokens have a learned position of their own.
  public enum Position: String, Sendable, Codable {
    /// None: BEiT v2, which has relative biases instead.
    case none
    /// The patches; the class token never receives one (DeiT-III).
    case patches
    /// The class token and the patches.
    case all
  }

  /// Where the table of relative position biases is.
  public enum RelativeBias: String, Sendable, Codable {
    case none
    /// One for every block: BEiT v2 as finetuned.
    case perBlock
    /// One for all blocks: BEiT v2 as pretrained.
    case shared
  }

  /// What the head reads.
  public enum Readout: String, Sendable, Codable, CaseIterable {
    /// The class token behind the final norm: ViT, DeiT-III.
    case token
    /// The mean of the patch tokens, then `fc_norm`: MAE, BEiT v2.
    case pooled
    /// The final norm on every patch token, then their mean: FT-CLIP.
    case normedPool
  }

  /// What becomes of masked tokens.
  public enum Masked: String, Sendable, Codable {
    /// They are removed before any work is spent on them.
    case removed
    /// `mask_token` stands in their place: BEiT v2.
    case replaced
  }

  /// How stochastic depth grows with depth.
  public enum DropPathShape: String, Sendable, Codable {
    /// The same rate in every block: DeiT-III.
    case constant
    /// From 0 in the first block to the rate in the last.
    case linear
  }

  /// The side of the images and of the patches, in pixels. Pixels beyond the last whole patch are ignored.
  public var imageSize, patchSize: Int
  /// Features of a token, blocks, attention heads, features inside an MLP, logits.
  public var width, depth, heads, hidden, classes: Int
  /// LayerNorm's ε.
  public var epsilon: Double
  /// Which tokens have position embeddings.
  public var position: Position
  /// Whether attention has tables of relative positions.
  public var relativeBias: RelativeBias
  /// Whether query and value have biases of their own and the key none (BEiT v2), rather than one packed bias.
  public var hasSeparateBiases: Bool
  /// Whether the patch embedding has a bias (CLIP's has none).
  public var hasPatchBias: Bool
  /// Whether a norm stands before the blocks: CLIP.
  public var hasPreNorm: Bool
  /// QuickGELU instead of the exact GELU: CLIP as OpenAI trained it.
  public var usesQuickGELU: Bool
  /// The start of LayerScale; nil for models without.
  public var layerScale: Double?
  /// What the head reads.
  public var readout: Readout
  /// What becomes of masked patches.
  public var masked: Masked
  /// The rate of stochastic depth, and how it is spread over the blocks.
  public var dropPath: Float
  /// How stochastic depth is spread over the blocks.
  public var dropPathShape: DropPathShape
  /// The standard deviation of the head's weights at the start.
  public var headDeviation: Double
  /// The width of the space that a projection leads to in place of a head; nil: there is a head. CLIP's image tower.
  public var projection: Int?

  /// A plain ViT unless told otherwise.
  public init(
    imageSize: Int = 224, patchSize: Int, width: Int, depth: Int, heads: Int, hidden: Int? = nil, classes: Int = 1000,
    epsilon: Double = 1e-6, position: Position = .all, relativeBias: RelativeBias = .none,
    hasSeparateBiases: Bool = false, hasPatchBias: Bool = true, hasPreNorm: Bool = false, usesQuickGELU: Bool = false,
    layerScale: Double? = nil, readout: Readout = .token, masked: Masked = .removed, dropPath: Float = 0,
    dropPathShape: DropPathShape = .linear, headDeviation: Double = 0.02
  ) {
    self.imageSize = imageSize
    self.patchSize = patchSize
    self.width = width
    self.depth = depth
    self.heads = heads
    self.hidden = hidden ?? 4 * width
    self.classes = classes
    self.epsilon = epsilon
    self.position = position
    self.relativeBias = relativeBias
    self.hasSeparateBiases = hasSeparateBiases
    self.hasPatchBias = hasPatchBias
    self.hasPreNorm = hasPreNorm
    self.usesQuickGELU = usesQuickGELU
    self.layerScale = layerScale
    self.readout = readout
    self.masked = masked
    self.dropPath = dropPath
    self.dropPathShape = dropPathShape
    self.headDeviation = headDeviation
  }

  /// Patches along a side.
  public var grid: Int { imageSize / patchSize }
  /// Patches of an image.
  public var patches: Int { grid * grid }
  /// Rows of the position embedding.
  public var positions: Int {
    switch position {
    case .none: 0
    case .patches: patches
    case .all: patches + 1
    }
  }

  /// Between an MLP's two layers.
  var activation: Activation { usesQuickGELU ? .quickGelu : .gelu }

  /// Its blocks.
  func blocks(_ sites: BlockSites, _ start: BlockStart) -> TransformerConfig {
    var blocks = TransformerConfig(
      width: width, heads: heads, hidden: hidden, depth: depth, sites: sites, start: start)
    blocks.epsilon = epsilon
    blocks.hasFinalNorm = readout != .pooled
    blocks.activation = activation
    blocks.hasSeparateBiases = hasSeparateBiases
    blocks.layerScale = layerScale
    blocks.dropPath = (0..<depth).map { index in
      switch dropPathShape {
      case .constant: dropPath
      case .linear: depth > 1 ? dropPath * Float(index) / Float(depth - 1) : 0
      }
    }
    return blocks
  }

  /// Throws an `InputError` at `place` where no model can be made of these values.
  public func validate(at place: String) throws(InputError) {
    func require(_ condition: Bool, _ what: @autoclosure () -> String, _ cure: String) throws(InputError) {
      if !condition { throw InputError(what(), at: place, cure: cure) }
    }
    let sizes = [imageSize, patchSize, width, depth, heads, hidden, classes]
    try require(
      sizes.allSatisfy { (1...1 << 24).contains($0) }, "sizes \(sizes) of a vision transformer",
      "image, patch, width, depth, heads, hidden and classes are positive numbers")
    try require(
      imageSize >= patchSize, "images of \(imageSize) pixels hold no patch of \(patchSize)",
      "use larger images or smaller patches")
    try WeightHints.checkHeads(heads, of: width, at: place, isUsage: false)
    // Attention's tables of all pairs of tokens grow with the grid's fourth power.
    let largest = relativeBias == .none ? 256 : 64
    try require(
      grid <= largest, "a grid of \(grid) × \(grid) patches",
      "use smaller images; \(largest) patches a side are the most")
    try require(
      dropPath >= 0 && dropPath < 1, "a stochastic depth of \(dropPath)", "choose a rate from 0 to below 1")
    try require(
      position != .none || relativeBias != .none, "tokens without any position",
      "give them absolute or relative positions")
  }
}
