public import SubCore
public import SubData

/// How a model's images are prepared for evaluation, as far as something tells: what lies beside weights, options, a
/// recipe. What is nil is not told.
public struct ImagePreparation: Sendable, Equatable {
  /// How an image becomes a square.
  public enum Mode: String, Sendable, CaseIterable {
    /// Its sides keep their ratio, the middle is taken.
    case center
    /// Both sides become alike before.
    case squash
  }

  /// How far an image is shrunk before its middle is taken.
  public enum Crop: Sendable, Equatable {
    /// The square is this share of the shorter side.
    case ratio(Double)
    /// The shorter side becomes so many pixels.
    case resize(Int)
  }

  /// What a preparation consists of.
  public enum Part: String, Sendable, CaseIterable { case mean, deviation, crop, mode, interpolation }

  /// Means and standard deviations of red, green and blue on the scale 0...1.
  public var mean, deviation: [Float]?
  /// How far an image is shrunk before its middle is taken.
  public var crop: Crop?
  /// How it becomes a square.
  public var mode: Mode?
  /// How pixels between pixels are made.
  public var interpolation: Interpolation?
  /// Where the middle begins if an odd number of pixels is left over; no option says it, it is as who else tells does it.
  public var rounding: CropRounding?
  /// Who tells, in the order of their say.
  public var sources: [String] = []
  /// Parts that are told and cannot be done: errors unless something overrides them.
  public var refused: [Part: InputError] = [:]

  /// Nothing told unless given.
  public init(
    mean: [Float]? = nil, deviation: [Float]? = nil, crop: Crop? = nil, mode: Mode? = nil,
    interpolation: Interpolation? = nil, rounding: CropRounding? = nil, sources: [String] = []
  ) {
    (self.mean, self.deviation, self.crop, self.mode) = (mean, deviation, crop, mode)
    (self.interpolation, self.rounding, self.sources) = (interpolation, rounding, sources)
  }

  /// All of it told.
  public init(
    normalization: Normalization, shorterSide: Int, mode: Mode, interpolation: Interpolation, rounding: CropRounding
  ) {
    self.init(
      mean: normalization.mean, deviation: normalization.deviation, crop: .resize(shorterSide), mode: mode,
      interpolation: interpolation, rounding: rounding)
  }

  /// Whether nothing is told.
  public var isEmpty: Bool { parts.isEmpty && refused.isEmpty }

  /// The parts that are told.
  public var parts: Set<Part> {
    var parts: Set<Part> = []
    if mean != nil { parts.insert(.mean) }
    if deviation != nil { parts.insert(.deviation) }
    if crop != nil { parts.insert(.crop) }
    if mode != nil { parts.insert(.mode) }
    if interpolation != nil { parts.insert(.interpolation) }
    return parts
  }

  /// This preparation where `other` does not tell.
  public func overridden(by other: ImagePreparation) -> ImagePreparation {
    var result = ImagePreparation(
      mean: other.mean ?? mean, deviation: other.deviation ?? deviation, crop: other.crop ?? crop,
      mode: other.mode ?? mode, interpolation: other.interpolation ?? interpolation,
      rounding: other.rounding ?? rounding, sources: other.isEmpty ? sources : other.sources + sources)
    result.refused = refused.filter { !other.parts.contains($0.key) }.merging(other.refused) { $1 }
    return result
  }

  /// The same without some of its parts.
  public func without(_ parts: Set<Part>) -> ImagePreparation {
    var result = ImagePreparation(
      mean: parts.contains(.mean) ? nil : mean, deviation: parts.contains(.deviation) ? nil : deviation,
      crop: parts.contains(.crop) ? nil : crop, mode: parts.contains(.mode) ? nil : mode,
      interpolation: parts.contains(.interpolation) ? nil : interpolation,
      rounding: parts.contains(.mode) ? nil : rounding, sources: sources)
    result.refused = refused.filter { !parts.contains($0.key) }
    if result.isEmpty { result.sources = [] }
    return result
  }

  /// Throws for a part, or one of these, that cannot be done and is not overridden. `cure`: what there is to do about it
  /// where no options override it.
  public func check(_ parts: [Part] = Part.allCases, cure: String? = nil) throws {
    guard let error = parts.lazy.compactMap({ refused[$0] }).first else { return }
    throw InputError(error.what, at: error.place, cure: cure ?? error.cure)
  }

  /// The pipeline of evaluated images; what is not told is as for ImageNet, whole.
  public func pipeline(size: Int) -> ImagePipeline {
    let (side, rounding) = (shorterSide(for: size), rounding ?? .even)
    let normalization = Normalization(
      mean: mean ?? Normalization.imageNet.mean, deviation: deviation ?? Normalization.imageNet.deviation)
    return ImagePipeline(
      size: size,
      framing: mode == .squash
        ? .squash(resize: side, rounding: rounding) : .center(resize: side, rounding: rounding),
      interpolation: interpolation == .bilinear ? .bilinear : .bicubic, normalization: normalization)
  }

  /// The shorter side of an image before its middle is taken.
  public func shorterSide(for size: Int) -> Int {
    switch crop {
    case .ratio(let ratio): Self.resize(size, cropRatio: ratio)
    case .resize(let side): max(side, size)
    case nil: size
    }
  }

  /// The shorter side of which `size` is a share, as timm and the originals round it.
  public static func resize(_ size: Int, cropRatio: Double) -> Int {
    max(size, Int(min(Double(size) / cropRatio, 1e6)))
  }

  /// The share of which `resize` makes this very shorter side of a size.
  public static func cropRatio(_ size: Int, resize side: Int) -> Double {
    var ratio = Double(size) / Double(side)
    while resize(size, cropRatio: ratio) < side { ratio = ratio.nextDown }
    return ratio
  }

  /// In words: `224 pixels of 256, bicubic, mean 0.5,0.5,0.5, deviation 0.5,0.5,0.5`.
  public func text(size: Int) -> String {
    let side = shorterSide(for: size)
    let square = mode == .squash ? ", sides made alike" : ""
    return "\(size) pixels of \(side)\(square), \((interpolation ?? .bicubic).rawValue), "
      + "mean \(Normalization.text(mean ?? Normalization.imageNet.mean)), "
      + "deviation \(Normalization.text(deviation ?? Normalization.imageNet.deviation))"
  }
}
