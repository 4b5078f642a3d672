import SubCore
public import SubData
import SubNN

/// What a model says of an image.
public struct ImagePrediction: Sendable {
  /// The image as the model saw it, before its pixels were normalised.
  public let image: RGBImage
  /// The class it has, and every class's probability.
  public let label: Int
  public let probabilities: [Float]
  /// The likeliest class.
  public var best: Int { probabilities.indices.max { probabilities[$0] < probabilities[$1] } ?? 0 }
}

extension VisionEvaluator {
  /// What the model says of `count` images, evenly spread over all there are.
  public func predictions(of count: Int) throws -> [ImagePrediction] {
    let (source, pipeline) = (batches.source, batches.pipeline)
    let chosen = (0..<min(count, source.count)).map { $0 * source.count / min(count, source.count) }
    let key = RandomKey(seed: 0)
    let images = try chosen.map { try pipeline.image(source.image(at: $0), key: key) }
    let probabilities = Tape.withoutRecording { () -> [Float] in
      let batch = ImageClassification.Batch(
        images: Tensor(pipeline.pixels(images), on: device),
        target: .labels(Tensor(indices: chosen.map { source.labels[$0] }, on: device), smoothing: 0))
      guard case .probabilities(let shares) = task.softTarget(of: task.forward(batch, nil, .evaluation)) else {
        return []
      }
      return shares.floats()
    }
    let classes = source.classNames.count
    return images.enumerated().map { place, made in
      ImagePrediction(
        image: made.image, label: source.labels[chosen[place]],
        probabilities: Array(probabilities[place * classes..<(place + 1) * classes]))
    }
  }
}
