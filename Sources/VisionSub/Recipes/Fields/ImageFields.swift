public import SubData
public import SubTrain

/// `data.*` of a vision recipe: how images are read, sized and normalised.
public struct ImageFields: FieldGroup {
  /// How far an evaluated image is shrunk before its middle is taken.
  public enum EvaluationCrop: Sendable, Equatable {
    /// So far that the middle square is this share of the shorter side; from images of `wholeFrom` pixels on (0: never)
    /// so far that it is all of it.
    case ratio(Double, wholeFrom: Int = 0)
    /// To a shorter side of so many pixels, whatever the square's.
    case resize(Int)
  }

  /// The side of the images, in pixels.
  public var imageSize = 224
  /// How far an evaluated image is shrunk before its middle is taken.
  public var eval = EvaluationCrop.ratio(1)
  /// Whether its sides keep their ratio.
  public var evalMode = ImagePreparation.Mode.center
  /// Where its middle begins if an odd number of pixels is left over.
  public var evalRounding = CropRounding.even
  /// How pixels between pixels are made in training.
  public var interpolation = InterpolationPolicy.bicubic
  /// The same in evaluation.
  public var evalInterpolation = Interpolation.bicubic
  /// Means and deviations of pixels.
  public var normalization = Normalization.imageNet
  /// Whether images are turned as their EXIF orientation says; the originals' loaders leave them as they lie.
  public var exif = false
  /// Whether a training JPEG twice as large as its crop needs, or larger, is decoded at a fraction of its size:
  /// quicker, and not the originals' pixels.
  public var decodeScaled = false

  /// ImageNet's images at 224 pixels.
  public init() {}

  private static let own = "this project; false: as the originals' loaders"

  public static let fields: [Field<Self>] = [
    Field("image_size", \.imageSize, 1...4096, "the side of the images, in pixels"),
    Field(
      "eval_crop_ratio", \.evalCropRatio, .share,
      "the share of an evaluated image's shorter side that its middle square takes; 0: eval_resize says it",
      mayChange: true),
    Field(
      "eval_whole_from", \.evalWholeFrom, 0...4096, "from this image_size on that share is 1; 0: never",
      mayChange: true
    ).idle { if case .resize = $0.eval { "with data.eval_resize" } else { nil } },
    Field(
      "eval_resize", \.evalResize, 0...4096, "the shorter side itself, instead of a share; 0: eval_crop_ratio says it",
      mayChange: true),
    Field(
      "eval_mode", \.evalMode, "center: sides keep their ratio, the middle is taken; squash: both become alike before",
      mayChange: true),
    Field(
      "eval_rounding", \.evalRounding,
      "even: a middle that begins between two pixels begins at the even one, as torchvision's; down: at the first, as "
        + "transformers'",
      mayChange: true),
    Field("interpolation", \.interpolation, "how training images are resized; random: drawn for every use"),
    Field("eval_interpolation", \.evalInterpolation, "how evaluated images are resized", mayChange: true),
    Field(
      "normalization", \.normalizationName, .choice(Normalization.names + [Self.other]),
      "means and deviations of pixels by a name; \(Self.other): mean and deviation say them"),
    Field("mean", \.mean, Self.three, "the means of red, green and blue, from 0 to 1"),
    Field("deviation", \.deviation, Self.three, "their standard deviations"),
    Field("exif", \.exif, "whether images are turned as EXIF says", source: own),
    Field(
      "decode_scaled", \.decodeScaled, "whether a large JPEG is decoded at a half, quarter or eighth: quicker",
      source: own),
  ]

  /// The shorter side of an evaluated image before its middle is taken.
  public var evaluatedSide: Int {
    switch eval {
    case .ratio(let ratio, let whole):
      whole > 0 && imageSize >= whole ? imageSize : ImagePreparation.resize(imageSize, cropRatio: ratio)
    case .resize(let side): max(side, imageSize)
    }
  }
}

// One property in several rows: setting one replaces what the others say.
extension ImageFields {
  private static let other = "other"
  private static let three = Allowed.text("three numbers with commas between, as 0.485,0.456,0.406")

  private var evalCropRatio: Double {
    get { if case .ratio(let ratio, _) = eval { ratio } else { 0 } }
    set { if newValue > 0 { eval = .ratio(newValue) } }
  }
  private var evalWholeFrom: Int {
    get { if case .ratio(_, let whole) = eval { whole } else { 0 } }
    set { if case .ratio(let ratio, _) = eval { eval = .ratio(ratio, wholeFrom: newValue) } }
  }
  private var evalResize: Int {
    get { if case .resize(let side) = eval { side } else { 0 } }
    set { if newValue > 0 { eval = .resize(newValue) } }
  }

  private var normalizationName: String {
    get { normalization.name ?? Self.other }
    set { if let named = Normalization(named: newValue) { normalization = named } }
  }
  private var mean: String {
    get { Normalization.text(normalization.mean) }
    set { normalization.mean = Normalization.numbers(newValue) ?? [] }
  }
  private var deviation: String {
    get { Normalization.text(normalization.deviation) }
    set { normalization.deviation = Normalization.numbers(newValue) ?? [] }
  }

  /// Whether mean and deviation are three numbers each that can be used.
  var hasNormalization: Bool {
    normalization.mean.count == 3 && normalization.deviation.count == 3 && normalization.deviation.allSatisfy { $0 > 0 }
  }
}
