import SubCore
public import SubData

// What happens to the images.
extension VisionRecipe {
  /// The pipeline of training images. Throws a usage error for an augmentation that does not exist.
  public func trainingPipeline() throws -> ImagePipeline {
    let framing: FramingPolicy =
      switch augment.crop {
      case .simple: .simpleRandom
      case .randomResized where augment.cropScale < 1:
        .randomResized(scale: max(0.01, augment.cropScale)...1, ratio: (3.0 / 4)...(4.0 / 3))
      case .randomResized: .center(resize: data.imageSize)
      }
    return ImagePipeline(
      size: data.imageSize, framing: framing, interpolation: data.interpolation, flip: augment.flip,
      augment: try augment.parsed(), normalization: pixelNormalization,
      erasing: RandomErasing(probability: augment.erasing), decodesScaled: data.decodeScaled, decoding: decoding)
  }

  /// The pipeline of evaluated images: the shorter side to `eval_resize`, the middle square; always decoded in full.
  public var evaluationPipeline: ImagePipeline {
    var pipeline = ImagePipeline.eval(
      size: data.imageSize, resize: max(data.imageSize, data.evalResize), normalization: pixelNormalization)
    pipeline.decoding = decoding
    return pipeline
  }

  private var decoding: ImageDecodeOptions { ImageDecodeOptions(appliesOrientation: data.exif) }

  /// What mixes a batch; nil where nothing does.
  public var mixing: BatchMixing? {
    guard augment.mixup > 0 || augment.cutmix > 0 else { return nil }
    return BatchMixing(
      mixup: augment.mixup, cutmix: augment.cutmix, probability: augment.mixProbability,
      switchProbability: augment.switchProbability, smoothing: loss.smoothing, mixesBytes: augment.mixBytes)
  }

  private var pixelNormalization: Normalization {
    switch data.normalization {
    case .imagenet: .imageNet
    case .clip: .clip
    case .inception: .half
    }
  }
}
