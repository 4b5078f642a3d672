import SubCore
public import SubData
import SubNN
import SubTrain
import VisionSub

/// An image with the captions that a model finds nearest to it.
public struct FoundCaptions {
  /// The image as the model saw it, before its pixels were normalised.
  public let image: RGBImage
  /// The caption it came with.
  public let own: String
  /// Those that were found, the nearest first.
  public let found: [String]
}

extension ClipRunModel {
  /// The captions nearest to some of a set's images, evenly spread, among all that the set has.
  ///
  /// - Returns: the images with their captions, and how many captions there were; images that cannot be read are passed over.
  public func captions(
    nearest count: Int, toSome images: Int, of set: CaptionSet
  ) throws -> (found: [FoundCaptions], among: Int) {
    var stream = try CaptionStream(set, order: .evaluation)
    var pairs: [CaptionPair] = []
    while let pair = try stream.next() { pairs.append(pair) }
    let texts = stride(from: 0, to: pairs.count, by: Self.textsAtOnce).flatMap { first in
      textFeatures(pairs[first..<min(pairs.count, first + Self.textsAtOnce)].map(\.caption))
    }
    guard let width = texts.first?.count else { return ([], 0) }
    let device = parameters.arena.device
    let neighbours = Neighbours(texts.flatMap { $0 }, width: width, on: device)
    let pipeline = preparation.pipeline(size: config.image.size)
    let shown = min(images, pairs.count)
    let found = try (0..<shown).compactMap { number -> FoundCaptions? in
      let pair = pairs[number * pairs.count / shown]
      guard let bytes = try? pair.imageBytes(),
        let made = try? pipeline.image(bytes, name: pair.name, key: RandomKey(seed: 0))
      else { return nil }
      let row = Tape.withoutRecording {
        model.imageFeatures(Tensor(pipeline.pixels([made]), on: device), .evaluation).floats()
      }
      let nearest = try neighbours.nearest(count, to: [row])[0]
      return FoundCaptions(image: made.image, own: pair.caption, found: nearest.map { pairs[$0.index].caption })
    }
    return (found, pairs.count)
  }

  /// Texts whose features are computed together.
  private static var textsAtOnce: Int { 64 }
}
