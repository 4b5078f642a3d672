import SubCore
public import SubData

// What happens to the images.
extension VisionRecipe {
  /// The pipeline of training images. Throws an `InputError` for an augmentation that does not exist.
  public func trainingPipeline() throws -> ImagePipeline {
    guard let filter = InterpolationPolicy(rawValue: interpolation) else {
      throw InputError(
        "the interpolation '\(interpolation)' is unknown", at: "--set interpolation",
        cure: "use \(InterpolationPolicy.allCases.map(\.rawValue).joined(separator: ", "))", isUsage: true)
    }
    let policy: AugmentPolicy =
      switch augment {
      case "none": colorJitter > 0 ? .jitter(colorJitter) : .none
      case "three-augment": .threeAugment(jitter: colorJitter)
      // timm leaves colour jitter out where there is RandAugment.
      default: .randAugment(try RandAugment(augment))
      }
    let framing: FramingPolicy =
      switch crop {
      case .simple: .simpleRandom
      case .randomResized where cropScale < 1:
        .randomResized(scale: max(0.01, cropScale)...1, ratio: (3.0 / 4)...(4.0 / 3))
      case .randomResized: .center(resize: imageSize)
      }
    return ImagePipeline(
      size: imageSize, framing: framing, interpolation: filter, flip: flip, augment: policy,
      normalization: pixelNormalization, erasing: RandomErasing(probability: erasing), decodesScaled: decodeScaled,
      decoding: decoding)
  }

  /// The pipeline of evaluated images: the shorter side to `eval_resize`, the middle square; always decoded in full.
  public var evaluationPipeline: ImagePipeline {
    var pipeline = ImagePipeline.eval(
      size: imageSize, resize: max(imageSize, evalResize), normalization: pixelNormalization)
    pipeline.decoding = decoding
    return pipeline
  }

  private var decoding: ImageDecodeOptions { ImageDecodeOptions(appliesOrientation: exif) }

  /// What mixes a batch; nil where nothing does.
  public var mixing: BatchMixing? {
    guard mixup > 0 || cutmix > 0 else { return nil }
    return BatchMixing(
      mixup: mixup, cutmix: cutmix, probability: mixProbability, switchProbability: switchProbability,
      smoothing: smoothing, mixesBytes: mixBytes)
  }

  private var pixelNormalization: Normalization {
    switch normalization {
    case "clip": .clip
    case "inception": .half
    default: .imageNet
    }
  }
}
