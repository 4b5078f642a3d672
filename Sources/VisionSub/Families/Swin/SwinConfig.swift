import SubNN

/// What tells one Swin transformer (Liu et al. 2021) from another.
public struct SwinConfig: Sendable, Codable, Equatable {
  /// The side of the images, in pixels, and the number of logits.
  public var imageSize, classes: Int
  /// The side of a patch, in pixels.
  public var patchSize: Int
  /// Features of a token in the first stage; every stage has twice those of the one before.
  public var width: Int
  /// Blocks and heads of every stage.
  public var depths, heads: [Int]
  /// The side of a window, in tokens. A stage whose grid is no larger has one window, its grid.
  public var window: Int
  /// LayerNorm's ε.
  public var epsilon: Double
  /// The rate of stochastic depth in the last block; it rises from 0 in the first.
  public var dropPath: Float
  /// The side of what masking hides as one, in pixels. What is left of an image beyond the last whole cell is never
  /// hidden.
  public var cell: Int
  /// The standard deviation of the head's weights at the start.
  public var headDeviation = 0.02

  /// A Swin-T of 7 × 7 windows unless told otherwise.
  public init(
    imageSize: Int = 224, classes: Int = 1000, patchSize: Int = 4, width: Int = 96, depths: [Int] = [2, 2, 6, 2],
    heads: [Int] = [3, 6, 12, 24], window: Int = 7, epsilon: Double = 1e-5, dropPath: Float = 0, cell: Int = 32
  ) {
    (self.imageSize, self.classes, self.patchSize) = (imageSize, classes, patchSize)
    (self.width, self.depths, self.heads, self.window) = (width, depths, heads, window)
    (self.epsilon, self.dropPath, self.cell) = (epsilon, dropPath, cell)
  }

  /// The most stages that there can be: the official models have four.
  static let mostStages = 8

  /// Tokens along a side of a stage's grid: half of the stage before, rounded up.
  func grid(_ stage: Int) -> Int {
    (0..<stage).reduce(imageSize / patchSize) { side, _ in (side + 1) / 2 }
  }

  /// Features of a token in a stage.
  func width(_ stage: Int) -> Int { width << stage }

  /// What the head reads.
  var features: Int { width(depths.count - 1) }

  /// The blocks of a stage.
  func blocks(_ stage: Int) -> TransformerConfig {
    let (width, depth) = (width(stage), depths[stage])
    var blocks = TransformerConfig(
      width: width, heads: heads[stage], hidden: 4 * width, depth: depth, sites: .visionTransformer,
      start: .normal(deviation: 0.02))
    blocks.epsilon = epsilon
    let (before, count) = (depths.prefix(stage).reduce(0, +), depths.reduce(0, +))
    blocks.dropPath = (before..<before + depth).map { dropPath * Float($0) / Float(max(1, count - 1)) }
    blocks.place = (before, count)
    return blocks
  }

  /// The Swins by timm's names, 1000 classes, and two small ones for images of 32 pixels.
  static let variants: [(name: String, config: SwinConfig)] = {
    let deep = [2, 2, 18, 2]
    let sizes: [(name: String, width: Int, depths: [Int], heads: [Int])] = [
      ("tiny", 96, [2, 2, 6, 2], [3, 6, 12, 24]), ("small", 96, deep, [3, 6, 12, 24]),
      ("base", 128, deep, [4, 8, 16, 32]), ("large", 192, deep, [6, 12, 24, 48]),
    ]
    let small = SwinConfig(
      imageSize: 32, classes: 10, patchSize: 2, width: 48, depths: [2, 2, 2], heads: [2, 4, 8], window: 4, cell: 8)
    let smaller = SwinConfig(
      imageSize: 32, classes: 10, patchSize: 4, width: 64, depths: [2, 2], heads: [2, 4], window: 4, cell: 8)
    // Of the Swins whose windows were searched for, the one that has windows of one size.
    let searched = SwinConfig(depths: deep, window: 14)
    return sizes.flatMap { size in
      [(224, 7), (384, 12)].compactMap { image, window in
        // Only the larger two were made for larger images.
        image > 224 && size.width < 128
          ? nil
          : (
            "swin_\(size.name)_patch4_window\(window)_\(image)",
            SwinConfig(
              imageSize: image, width: size.width, depths: size.depths, heads: size.heads, window: window)
          )
      }
    } + [
      ("swin_s3_small_224", searched), ("swin_shapes_patch2_window4_32", small),
      ("swin_shapes_patch4_window4_32", smaller),
    ]
  }()
}
