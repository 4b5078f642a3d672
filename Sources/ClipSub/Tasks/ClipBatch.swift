public import SubCore
public import SubTrain

/// Images on a device and their texts.
public struct ClipBatch: TrainingBatch {
  /// Normalised pixels [N, 3, S, S].
  public let images: Tensor
  /// The token ids of every image's text, each up to its end token.
  public let texts: [[Int32]]

  /// A batch. Texts may be padded: they are cut behind their first largest id, the end token.
  public init(images: Tensor, texts: [[Int32]]) {
    precondition(
      images.shape.rank == 4 && images.shape[0] == texts.count, "ClipBatch: \(images.shape), \(texts.count) texts")
    self.images = images
    self.texts = texts.map(CLIP.upToEnd)
  }

  /// The number of pairs.
  public var count: Int { texts.count }
}

extension ClipBatch {
  /// A batch of captions on a device.
  public init(_ captions: CaptionBatch, on device: Device) {
    self.init(images: Tensor(captions.pixels, on: device), texts: captions.tokens)
  }
}
