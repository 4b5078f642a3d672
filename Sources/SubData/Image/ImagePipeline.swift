public import SubCore

/// The filter of a pipeline's resizes and turns.
public enum InterpolationPolicy: String, Sendable, CaseIterable {
  /// Always bilinear.
  case bilinear
  /// Always bicubic.
  case bicubic
  /// Bilinear or bicubic, drawn for every use (RSB).
  case random

  func draw(_ key: RandomKey) -> Interpolation {
    switch self {
    case .bilinear: .bilinear
    case .bicubic: .bicubic
    case .random: key.fold("interpolation").uniform64(at: 0) < 0.5 ? .bilinear : .bicubic
    }
  }
}

/// What happens to a picture's colours and geometry after framing.
public enum AugmentPolicy: Sendable, Equatable {
  /// Nothing.
  case none
  /// DeiT-III: one of greyscale, solarise, blur; then colour jitter of the given strength (0 is none).
  case threeAugment(jitter: Double)
  /// RandAugment; colour jitter is off, as in timm.
  case randAugment(RandAugment)
  /// Colour jitter alone.
  case jitter(Double)

  /// Draws the operations for one picture.
  func operations(key: RandomKey, interpolation: InterpolationPolicy) -> [PixelOperation] {
    switch self {
    case .none: return []
    case .randAugment(let policy):
      return policy.operations(key: key.fold("randaugment"), interpolation: interpolation.draw)
    case .jitter(let strength): return Self.jitter(strength, key.fold("jitter"))
    case .threeAugment(let strength):
      let draw = key.fold("threeaugment")
      let first: PixelOperation =
        switch draw.integer(below: 3, at: 0) {
        case 0: .grayscale
        case 1: .solarize(threshold: 128)
        default: .gaussianBlur(sigma: 0.1 + 1.9 * draw.uniform64(at: 1))
        }
      return [first] + Self.jitter(strength, key.fold("jitter"))
    }
  }

  /// Brightness, contrast and saturation by factors of 1 ± strength, in a random order.
  private static func jitter(_ strength: Double, _ key: RandomKey) -> [PixelOperation] {
    guard strength > 0 else { return [] }
    func factor(_ position: Int) -> Double {
      let low = max(0, 1 - strength)
      return low + (1 + strength - low) * key.uniform64(at: position)
    }
    let operations: [PixelOperation] = [
      .brightness(factor: factor(0)), .contrast(factor: factor(1)), .saturation(factor: factor(2)),
    ]
    return key.fold("order").permutation(3).map { operations[$0] }
  }
}

/// Everything between a picture file and a model's input: framing, flip, augmentation, normalisation, erasing.
/// What is drawn for a picture depends on its size and its key alone.
public struct ImagePipeline: Sendable, Equatable {
  /// Rows and columns of the result.
  public var size: Int
  /// Which part of the picture is taken.
  public var framing: FramingPolicy
  /// The filter of resizes and geometric augmentations.
  public var interpolation: InterpolationPolicy
  /// The probability of mirroring left to right.
  public var flip: Double
  /// Colour and geometric augmentation.
  public var augment: AugmentPolicy
  /// Bytes to numbers.
  public var normalization: Normalization
  /// Random erasing after normalisation.
  public var erasing: RandomErasing
  /// Whether a JPEG much larger than needed is decoded at a fraction of its size: quicker, and not what the recipes do.
  public var decodesScaled: Bool
  /// What the decoder may do.
  public var decoding: ImageDecodeOptions

  /// A pipeline from its parts; the defaults draw nothing.
  public init(
    size: Int, framing: FramingPolicy, interpolation: InterpolationPolicy = .bicubic, flip: Double = 0,
    augment: AugmentPolicy = .none, normalization: Normalization = .imageNet,
    erasing: RandomErasing = RandomErasing(probability: 0), decodesScaled: Bool = false,
    decoding: ImageDecodeOptions = ImageDecodeOptions()
  ) {
    precondition(size > 0, "ImagePipeline: size \(size)")
    self.size = size
    self.framing = framing
    self.interpolation = interpolation
    self.flip = flip
    self.augment = augment
    self.normalization = normalization
    self.erasing = erasing
    self.decodesScaled = decodesScaled
    self.decoding = decoding
  }

  /// Training: a framing (random resized crop by default), a flip for half of the pictures, augmentation, erasing.
  public static func train(
    size: Int, framing: FramingPolicy = .imageNet, augment: AugmentPolicy, erasing: Double = 0,
    normalization: Normalization = .imageNet, interpolation: InterpolationPolicy = .bicubic
  ) -> ImagePipeline {
    ImagePipeline(
      size: size, framing: framing, interpolation: interpolation, flip: 0.5, augment: augment,
      normalization: normalization, erasing: RandomErasing(probability: erasing))
  }

  /// Evaluation: shorter side to `resize`, middle square of `size`, nothing random.
  public static func eval(size: Int, resize: Int, normalization: Normalization = .imageNet) -> ImagePipeline {
    ImagePipeline(size: size, framing: .center(resize: resize), normalization: normalization)
  }

  /// Draws everything for a picture of the given size.
  public func plan(width: Int, height: Int, key: RandomKey) -> AugmentPlan {
    let frame = framing.framing(
      width: width, height: height, size: size, interpolation: interpolation.draw(key.fold("resize")),
      flipped: key.fold("flip").uniform64(at: 0) < flip, key: key.fold("crop"))
    return AugmentPlan(
      framing: frame, operations: augment.operations(key: key, interpolation: interpolation),
      fill: normalization.fill,
      erasing: erasing.plan(width: size, height: size, key: key.fold("erase")))
  }

  /// The augmented picture of a file's bytes before normalisation, and what was drawn. A JPEG is decoded only where the
  /// crop needs it. Throws `InputError` for a broken file, named `name`.
  public func image(_ bytes: HostArray, name: String, key: RandomKey) throws -> (image: RGBImage, plan: AugmentPlan) {
    let decoder = try ImageDecoder(bytes, name: name, options: decoding)
    var plan = plan(width: decoder.width, height: decoder.height, key: key)
    let drawn = plan
    let denominator = decodesScaled ? plan.framing.denominator : 1
    if denominator > 1 {
      plan.framing.source.divide(by: denominator, within: decoder.decodedSize(denominator: denominator))
    }
    let source = try decoder.decode(area: plan.framing.source, denominator: denominator)
    return (plan.applied(to: source, sourceOnly: true), drawn)
  }

  /// The augmented picture of a picture in memory before normalisation, and what was drawn.
  public func image(_ picture: RGBImage, key: RandomKey) -> (image: RGBImage, plan: AugmentPlan) {
    let plan = plan(width: picture.width, height: picture.height, key: key)
    return (plan.applied(to: picture), plan)
  }

  /// The same of what a source hands over, a file or pixels.
  public func image(_ source: SourceImage, key: RandomKey) throws -> (image: RGBImage, plan: AugmentPlan) {
    switch source {
    case .file(let bytes, let name): try image(bytes, name: name, key: key)
    case .pixels(let picture): image(picture, key: key)
    }
  }

  /// Augmented pictures, each with what was drawn for it, as a model's input: their bytes, normalised and erased on a device,
  /// and mixed there.
  public func pixels(_ pictures: [(image: RGBImage, plan: AugmentPlan)], mixing: MixPlan = .none) -> PixelBatch {
    let each = 3 * size * size
    let buffer = HostBuffer(unfilled: pictures.count * each) { memory in
      guard let start = memory.bindMemory(to: UInt8.self).baseAddress else { return }
      for (place, picture) in pictures.enumerated() {
        precondition(picture.image.width == size && picture.image.height == size, "ImagePipeline: not \(size) pixels")
        picture.image.withPixels { (start + place * each).update(from: $0, count: each) }
      }
    }
    let erased = pictures.enumerated().compactMap { place, picture in picture.plan.erasing.map { (place, $0) } }
    return PixelBatch(
      bytes: HostArray(dtype: .u8, shape: [pictures.count, size, size, 3], buffer: buffer), table: normalization.table,
      erased: erased.map { ErasedArea(picture: $0, rows: $1.area.rows, columns: $1.area.columns) },
      noise: erased.flatMap { $1.numbers() }, mixing: mixing.pixels)
  }

  /// The model's input for a picture file. Throws `InputError` for a broken one, named `name`.
  public func pixels(_ bytes: HostArray, name: String, key: RandomKey) throws -> PixelBatch {
    pixels([try image(bytes, name: name, key: key)])
  }

  /// Bytes of a picture in a batch, with its share of noise: where something is erased at most a third of the pixels, three
  /// numbers each.
  public var byteCount: Int { 3 * size * size + Int(4 * erasing.probability * Double(size * size)) }
}

extension PixelArea {
  /// The rectangle on a picture 1/denominator the size, rounded outwards to at least a pixel.
  fileprivate mutating func divide(by denominator: Int, within size: (width: Int, height: Int)) {
    let (right, bottom) = (left + width + denominator - 1, top + height + denominator - 1)
    left /= denominator
    top /= denominator
    width = max(1, min(right / denominator, size.width) - left)
    height = max(1, min(bottom / denominator, size.height) - top)
  }
}
