public import SubCore
public import SubNN

/// A vision transformer of any family that a `VisionTransformerConfig` describes. Keys are timm's, without axes of one in
/// front: `cls_token` [D], `pos_embed` [P, D].
///
/// Tokens are rows [N·T, D]. A masked patch costs nothing where the family removes it: it is left out before the patch
/// embedding (or taken from the main branch's, the `stem`), which is the same as after the position embedding, since both
/// act on each token alone.
public final class VisionTransformer: Module, VisionModel {
  /// What kind it is.
  public let config: VisionTransformerConfig
  let clsToken: Parameter
  let maskToken: Parameter?
  let posEmbed: Parameter?
  let proj: Parameter?
  let patchEmbed: PatchEmbedding
  let relPosBias: RelativePositionBias?
  let normPre: LayerNorm?
  @Key var transformer: Transformer
  let fcNorm: LayerNorm?
  let head: Linear?

  /// A model that gets its memory from a `ParameterSet`.
  public init(
    _ config: VisionTransformerConfig, start: VisionTransformerStart = .timm, sites: BlockSites = .visionTransformer
  ) {
    self.config = config
    let width = config.width
    let index = RelativePositionIndex(RelativePositions(grid: config.grid, hasClassToken: true))
    func bias(_ place: VisionTransformerConfig.RelativeBias) -> RelativePositionBias? {
      config.relativeBias == place ? RelativePositionBias(heads: config.heads, index, start: .zeros) : nil
    }
    func norm(_ exists: Bool) -> LayerNorm? { exists ? LayerNorm(width, epsilon: config.epsilon) : nil }
    clsToken = Parameter([width], start.tokens)
    maskToken = config.masked == .replaced ? Parameter([width], start.tokens) : nil
    posEmbed = config.position == .none ? nil : Parameter([config.positions, width], start.tokens)
    proj = config.projection.map { Parameter([width, $0], start.tokens) }
    patchEmbed = PatchEmbedding(width, patch: config.patchSize, bias: config.hasPatchBias)
    relPosBias = bias(.shared)
    normPre = norm(config.hasPreNorm)
    _transformer = Key(
      wrappedValue: Transformer(config.blocks(sites, start.blocks)) { _ in bias(.perBlock) }, "")
    fcNorm = norm(config.readout == .pooled)
    head =
      config.projection == nil
      ? Linear(width, config.classes, weights: .normal(deviation: config.headDeviation)) : nil
  }

  /// Lets the patch embedding stay as it is: no gradient, no update (FT-CLIP).
  public func freezePatchEmbedding() { patchEmbed.freeze() }

  public var classes: Int { config.classes }
  public var imageSize: Int { config.imageSize }

  public func stem(_ images: Tensor) -> Tensor? { patchEmbed(images) }

  public func callAsFunction(_ images: Tensor, stem: Tensor?, _ pass: Pass) -> Tensor {
    let count = images.shape[0]
    return self(images, stem: stem, of: 0..<count, kept: keptPatches(images: count, pass), pass)
  }

  public func features(_ images: Tensor, _ pass: Pass) -> Tensor? {
    let count = images.shape[0]
    return features(images, stem: nil, of: 0..<count, kept: keptPatches(images: count, pass), pass)
  }

  /// The patches of each of `images` that a trip sees; nil: all of them.
  public func keptPatches(images: Int, _ pass: Pass) -> [[Int]]? {
    pass.masking?.kept(rows: images, count: config.patches, first: pass.firstSample, pass.key.fold("mask"))
  }

  /// Logits or projected features of some of the images, [range, classes or E], whose patches are already chosen, equally
  /// many of each (nil: all). `stem` is that of all images.
  public func callAsFunction(
    _ images: Tensor, stem: Tensor?, of range: Range<Int>, kept: [[Int]]?, _ pass: Pass
  ) -> Tensor {
    let features = features(images, stem: stem, of: range, kept: kept, pass)
    return proj.map { features.linear($0.tensor.transposed()) } ?? head!(features, wide: true)
  }

  /// What head or projection read of some of the images, [range, D].
  private func features(
    _ images: Tensor, stem: Tensor?, of range: Range<Int>, kept: [[Int]]?, _ pass: Pass
  ) -> Tensor {
    let (tokens, rows, pass) = sequences(images, stem: stem, of: range, kept: kept, pass)
    let (count, device) = (range.count, tokens.device)
    let length = tokens.shape.rows / count
    if config.readout == .token {
      let classRows = Tensor.indices(count, step: length, on: device)
      return transformer(tokens, rows, reading: classRows, pass).normed
    }
    let x = transformer(tokens, rows, pass)
    // The mean over all tokens but the class token; kept tokens only, where tokens were removed.
    let parts = Segments(count: count, first: 1, second: length - 1, on: device)
    let patches = Tensor.indices(count, from: 1, step: 2, on: device)
    let mean = (fcNorm == nil ? x.normed : x.joint).segmentMean(parts).gatherRows(patches)
    return fcNorm.map { $0(mean) } ?? mean
  }
}
