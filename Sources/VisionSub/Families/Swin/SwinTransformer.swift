public import SubCore
public import SubNN

/// A Swin transformer (Liu et al. 2021). Keys are timm's, without axes of one in front: `mask_token` [C], `patch_embed`,
/// `layers.0` …, `norm`, `head.fc`.
///
/// Tokens are rows [N·L, C] in raster order throughout. Masked cells (32 × 32 pixels) have `mask_token` in the place of
/// their tokens behind the patch embedding.
public final class SwinTransformer: Module, VisionModel {
  /// What kind it is.
  public let config: SwinConfig
  private let maskToken: Parameter
  private let patchEmbed: PatchEmbedding
  private let layers: [SwinStage]
  private let norm: LayerNorm
  private let head: Head

  /// Key: `fc`.
  private final class Head: Module {
    let fc: Linear
    init(_ fc: Linear) { self.fc = fc }
  }

  /// A model that gets its memory from a `ParameterSet`.
  public init(_ config: SwinConfig) {
    precondition(config.depths.count == config.heads.count, "SwinTransformer: \(config.depths), \(config.heads)")
    self.config = config
    let last = config.width(config.depths.count - 1)
    maskToken = Parameter([config.width], .normal(deviation: 0.02))
    patchEmbed = PatchEmbedding(config.width, patch: config.patchSize, bias: true, normEpsilon: config.epsilon)
    layers = config.depths.indices.map { SwinStage(config, stage: $0) }
    norm = LayerNorm(last, epsilon: config.epsilon)
    head = Head(Linear(last, config.classes, weights: .normal(deviation: config.headDeviation)))
  }

  public var classes: Int { config.classes }
  public var imageSize: Int { config.imageSize }
  public func freezePatchEmbedding() { patchEmbed.freeze() }
  public func stem(_ images: Tensor) -> Tensor? { patchEmbed(images) }

  public func callAsFunction(_ images: Tensor, stem: Tensor?, _ pass: Pass) -> Tensor {
    head.fc(features(images, stem: stem, pass), wide: true)
  }

  public func features(_ images: Tensor, _ pass: Pass) -> Tensor? { features(images, stem: nil, pass) }

  public func featureMaps(_ images: Tensor, behind stages: [Int], _ pass: Pass) -> [Tensor]? {
    precondition(
      stages.allSatisfy { layers.indices.contains($0) }, "SwinTransformer: stages \(stages) of \(layers.count)")
    guard let last = stages.max() else { return [] }
    let count = images.shape[0]
    var (x, maps) = (embed(images, stem: nil, pass), [Int: Tensor]())
    for stage in 0...last {
      x = layers[stage](x, samples: count, next: nil, pass.at(stage)).joint
      let grid = config.grid(stage)
      if stages.contains(stage) { maps[stage] = x.reshaped([count, grid, grid, config.width(stage)]) }
    }
    return stages.map { maps[$0]! }
  }

  private func features(_ images: Tensor, stem: Tensor?, _ pass: Pass) -> Tensor {
    let (count, last) = (images.shape[0], layers.count - 1)
    var x = embed(images, stem: stem, pass)
    for stage in 0..<last { x = layers[stage](x, samples: count, next: nil, pass.at(stage)).joint }
    let tokens = layers[last](x, samples: count, next: norm, pass.at(last)).normed
    let samples = Segments(count: count, length: tokens.shape.rows / count, on: tokens.device)
    return tokens.segmentMean(samples)
  }

  /// What the first stage reads, [N·L, C].
  private func embed(_ images: Tensor, stem: Tensor?, _ pass: Pass) -> Tensor {
    let grid = config.grid(0)
    precondition(
      images.shape.rank == 4 && images.shape[1] == 3 && images.shape[2] / config.patchSize == grid
        && images.shape[3] / config.patchSize == grid,
      "SwinTransformer: images \(images.shape), made for \(config.imageSize) pixels")
    let x = stem ?? patchEmbed(images)
    let hidden = hiddenTokens(images: images.shape[0], pass)
    return hidden.isEmpty ? x : x.replacingRows(Tensor(indices: hidden, on: x.device), by: maskToken.tensor)
  }

  /// The rows of the tokens that a trip hides.
  private func hiddenTokens(images: Int, _ pass: Pass) -> [Int] {
    let (cells, grid, side) = (config.cells.side, config.grid(0), config.cell / config.patchSize)
    let hidden =
      pass.masking?.hidden(
        rows: images, count: cells * cells, first: pass.firstSample, pass.key.fold("mask")) ?? []
    return hidden.flatMap { number in
      let (image, cell) = (number / (cells * cells), number % (cells * cells))
      return (0..<side * side).map { place in
        let (row, column) = (cell / cells * side + place / side, cell % cells * side + place % side)
        return (image * grid + row) * grid + column
      }
    }
  }
}
