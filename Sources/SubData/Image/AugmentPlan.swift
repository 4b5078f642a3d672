/// Everything that was drawn for one picture. Applying a plan draws nothing: another implementation given the same plan
/// makes the same bytes.
public struct AugmentPlan: Sendable, Equatable {
  /// Crop, resize and flip.
  public var framing: Framing
  /// The operations, in order.
  public var operations: [PixelOperation]
  /// The colour of what geometric operations bring in from outside.
  public var fill: [UInt8]
  /// What is erased after normalisation.
  public var erasing: ErasingPlan?

  /// The framed and augmented picture. With `sourceOnly` the picture holds the framing's source part alone.
  public func applied(to image: RGBImage, sourceOnly: Bool = false) -> RGBImage {
    var result = framing.applied(to: image, sourceOnly: sourceOnly)
    for operation in operations { result = result.applying(operation, fill: fill) }
    return result
  }
}
