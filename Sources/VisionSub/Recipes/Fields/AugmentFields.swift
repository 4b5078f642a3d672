import SubData
public import SubTrain

/// `augment.*`: what happens to training images, alone and with each other.
public struct AugmentFields: FieldGroup {
  /// Which part of a training image is taken.
  public enum CropName: String, Sendable, CaseIterable {
    /// The random resized crop.
    case randomResized = "rrc"
    /// DeiT's simple crop: the shorter side to the size, 4 reflected pixels around, a random square.
    case simple
  }

  /// `three-augment`, a RandAugment in timm's notation, or `none`.
  public var policy = "none"
  /// The range of brightness, contrast and saturation; 0: none.
  public var colorJitter = 0.0
  /// How often an image is mirrored.
  public var flip = 0.5
  /// The crop of training images.
  public var crop = CropName.randomResized
  /// The smallest share of an image's area that a random resized crop takes; 1: the whole image where its sides are nearly
  /// alike, else its middle of 3:4 or 4:3.
  public var cropScale = 0.08
  /// The alpha of mixup; 0: none.
  public var mixup = 0.0
  /// The alpha of CutMix; 0: none.
  public var cutmix = 0.0
  /// How often a batch is mixed.
  public var mixProbability = 1.0
  /// How often by CutMix, where there are both.
  public var switchProbability = 0.5
  /// Whether bytes are mixed and rounded before normalisation, as RSB's loader does, instead of numbers after it.
  public var mixBytes = false
  /// The parts of a batch that are mixed each by itself.
  public var mixParts = 1
  /// How often a rectangle is erased; 0: never.
  public var erasing = 0.0
  /// How often an image comes in an epoch, differently augmented each time; an epoch has so many times fewer images.
  public var repeats = 1
  /// How often every image of a batch is in it, augmented anew each time: DataAugment (Hoffer et al., "Augment your batch",
  /// CVPR 2020). Steps, rates and epochs stay those of a batch without copies; a step costs so many times as much.
  public var copies = 1

  /// The random resized crop and the mirror alone.
  public init() {}

  /// Whether images of a batch are mixed with each other.
  public var mixes: Bool { mixup > 0 || cutmix > 0 }

  @Sendable private static func unmixed(_ fields: Self) -> String? {
    fields.mixes ? nil : "without mixup and cutmix"
  }

  public static let fields: [Field<Self>] = [
    Field(
      "policy", \.policy, .text("none, three-augment, or a RandAugment such as rand-m9-mstd0.5-inc1"),
      "what is done to colours and shapes"),
    Field("color_jitter", \.colorJitter, .amount, "the range of brightness, contrast and saturation; 0: none")
      .idle { if case .randAugment? = try? $0.parsed() { "with a RandAugment, as in timm" } else { nil } },
    Field("flip", \.flip, .share, "how often an image is mirrored"),
    Field(
      "crop", \.crop, "rrc: the random resized crop; simple: shorter side to the size, a border of 4, a random square"),
    Field(
      "crop_scale", \.cropScale, .share,
      "the smallest share of an image's area that rrc takes; 1: as much as fits into 3:4 to 4:3"
    ).idle { $0.crop == .simple ? "with the crop simple" : nil },
    Field("mixup", \.mixup, .amount, "the alpha of mixup; 0: none"),
    Field("cutmix", \.cutmix, .amount, "the alpha of CutMix; 0: none"),
    Field("mix_probability", \.mixProbability, .share, "how often a batch is mixed").idle(unmixed),
    Field("switch_probability", \.switchProbability, .share, "how often by CutMix, where there are both")
      .idle { $0.mixup > 0 && $0.cutmix > 0 ? nil : "unless both mixup and cutmix are above 0" },
    Field(
      "mix_bytes", \.mixBytes, "whether bytes are mixed and rounded before normalisation, as RSB's loader does"
    ).idle(unmixed),
    Field(
      "mix_parts", \.mixParts, 1...4096,
      "in how many parts a batch is mixed, each by itself with a draw of its own, as by so many GPUs; 1: as a whole"),
    Field("erasing", \.erasing, .share, "how often a rectangle is erased; 0: never"),
    Field(
      "repeats", \.repeats, 1...1 << 20,
      "how often an image comes in an epoch, augmented anew each time; an epoch sees as many fewer images"),
    Field(
      "copies", \.copies, 1...64,
      "how often an image is in its batch, augmented anew each time (DataAugment: 2); a step costs as many times as much"
    ),
  ]

  /// What `policy` and `color_jitter` name. Throws a usage error for what is no augmentation.
  func parsed() throws -> AugmentPolicy {
    switch policy {
    case "none": colorJitter > 0 ? .jitter(colorJitter) : .none
    case "three-augment": .threeAugment(jitter: colorJitter)
    // timm leaves colour jitter out where there is RandAugment.
    default: .randAugment(try RandAugment(policy))
    }
  }
}
