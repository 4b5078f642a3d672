public import SubData

// What happens to the images.
extension VisionRecipe {
  /// The pipeline of training images. Throws a usage error for an augmentation that does not exist.
  public func trainingPipeline() throws -> ImagePipeline {
    let framing: FramingPolicy =
      switch augment.crop {
      case .simple: .simpleRandom
      case .randomResized: .randomResized(scale: max(0.01, augment.cropScale)...1, ratio: (3.0 / 4)...(4.0 / 3))
      }
    return ImagePipeline(
      size: data.imageSize, framing: framing, interpolation: data.interpolation, flip: augment.flip,
      augment: try augment.parsed(), normalization: data.normalization,
      erasing: RandomErasing(probability: augment.erasing), decodesScaled: data.decodeScaled, decoding: decoding)
  }

  /// The pipeline of evaluated images: the shorter side shrunk as `data.eval` says, the middle square; always decoded in
  /// full.
  public var evaluationPipeline: ImagePipeline {
    var pipeline = preparation.pipeline(size: data.imageSize)
    pipeline.decoding = decoding
    return pipeline
  }

  /// How evaluated images are prepared, all of it told.
  public var preparation: ImagePreparation {
    ImagePreparation(
      normalization: data.normalization, shorterSide: data.evaluatedSide, mode: data.evalMode,
      interpolation: data.evalInterpolation, rounding: data.evalRounding)
  }

  /// Takes over what is told of how a model's images are prepared.
  public mutating func follow(_ preparation: ImagePreparation) {
    if let mean = preparation.mean { data.normalization.mean = mean }
    if let deviation = preparation.deviation { data.normalization.deviation = deviation }
    switch preparation.crop {
    case .ratio(let ratio): data.eval = .ratio(ratio)
    case .resize(let side): data.eval = .resize(side)
    case nil: break
    }
    if let mode = preparation.mode { data.evalMode = mode }
    if let interpolation = preparation.interpolation { data.evalInterpolation = interpolation }
    if let rounding = preparation.rounding { data.evalRounding = rounding }
  }

  private var decoding: ImageDecodeOptions { ImageDecodeOptions(appliesOrientation: data.exif) }

  /// What mixes a batch, or smooths labels for a loss that takes smoothed ones as shares alone; nil where nothing does.
  public var mixing: BatchMixing? {
    guard augment.mixes || (loss.name == .binaryCrossEntropy && loss.smoothing > 0) else { return nil }
    return BatchMixing(
      mixup: augment.mixup, cutmix: augment.cutmix, probability: augment.mixProbability,
      switchProbability: augment.switchProbability, smoothing: loss.smoothing, mixesBytes: augment.mixBytes,
      parts: augment.mixParts)
  }
}
