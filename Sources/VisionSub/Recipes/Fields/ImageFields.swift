public import SubData
public import SubTrain

/// `data.*` of a vision recipe: how images are read, sized and normalised.
public struct ImageFields: FieldGroup {
  /// Means and deviations of pixels.
  public enum NormalizationName: String, Sendable, CaseIterable { case imagenet, clip, inception }

  /// The side of the images, in pixels.
  public var imageSize = 224
  /// The shorter side of an evaluated image before its middle is taken.
  public var evalResize = 224
  /// How pixels between pixels are made.
  public var interpolation = InterpolationPolicy.bicubic
  /// Means and deviations of pixels.
  public var normalization = NormalizationName.imagenet
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
    Field("eval_resize", \.evalResize, 1...4096, "the shorter side of an evaluated image before its middle is taken"),
    Field("interpolation", \.interpolation, "how training images are resized; random: drawn for every use"),
    Field("normalization", \.normalization, "means and deviations of pixels"),
    Field("exif", \.exif, "whether images are turned as EXIF says", source: own),
    Field(
      "decode_scaled", \.decodeScaled, "whether a large JPEG is decoded at a half, quarter or eighth: quicker",
      source: own),
  ]
}
