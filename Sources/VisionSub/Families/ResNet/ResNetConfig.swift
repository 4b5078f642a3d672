/// What tells one ResNet (He et al. 2016) from another.
public struct ResNetConfig: Sendable, Codable, Equatable {
  /// What a residual block is made of.
  public enum Block: String, Sendable, Codable {
    /// Two 3 × 3 convolutions: ResNet-18, ResNet-34.
    case basic
    /// 1 × 1, 3 × 3, 1 × 1: ResNet-50 and deeper.
    case bottleneck

    /// How many times wider than its 3 × 3 convolutions a block's output is.
    public var expansion: Int { self == .basic ? 1 : 4 }
  }

  /// The side of the images, in pixels, and the number of logits.
  public var imageSize, classes: Int
  /// What its blocks are.
  public var block: Block
  /// Blocks of every stage, and channels of their 3 × 3 convolutions.
  public var depths, widths: [Int]
  /// The rate of stochastic depth in the last block; it rises from 0 in the first.
  public var dropPath: Float
  /// The side of what masking hides as one, in pixels. What is left of an image beyond the last whole cell is never
  /// hidden.
  public var cell: Int

  /// A ResNet for ImageNet unless told otherwise.
  public init(
    imageSize: Int = 224, classes: Int = 1000, block: Block = .bottleneck, depths: [Int],
    widths: [Int] = [64, 128, 256, 512], dropPath: Float = 0, cell: Int = 32
  ) {
    (self.imageSize, self.classes, self.block) = (imageSize, classes, block)
    (self.depths, self.widths, self.dropPath, self.cell) = (depths, widths, dropPath, cell)
  }

  /// Channels behind the stem.
  static let stemWidth = 64
  /// What the head reads.
  var features: Int { widths[widths.count - 1] * block.expansion }

  /// The ResNets by timm's names, 1000 classes, and a small one for the embedded images.
  static let variants: [(name: String, config: ResNetConfig)] = [
    ("resnet18", ResNetConfig(block: .basic, depths: [2, 2, 2, 2])),
    ("resnet34", ResNetConfig(block: .basic, depths: [3, 4, 6, 3])),
    ("resnet26", ResNetConfig(depths: [2, 2, 2, 2])),
    ("resnet50", ResNetConfig(depths: [3, 4, 6, 3])),
    ("resnet101", ResNetConfig(depths: [3, 4, 23, 3])),
    ("resnet152", ResNetConfig(depths: [3, 8, 36, 3])),
    ("resnet200", ResNetConfig(depths: [3, 24, 36, 3])),
    (
      "resnet_shapes_32",
      ResNetConfig(
        imageSize: 32, classes: 10, block: .basic, depths: [2, 2, 2, 2], widths: [32, 64, 128, 256], cell: 8)
    ),
  ]
}
