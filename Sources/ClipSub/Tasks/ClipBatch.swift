public import SubCore
public import SubTrain

/// Images on a device and their texts.
public struct ClipBatch: TrainingBatch {
  /// Normalised pixels [N, 3, S, S].
  public let images: Tensor
  /// The token ids of every image's text, each up to its end token.
  public let texts: [[Int32]]
  /// Those that have the rest of the batch, each as many pairs, in the order of the ranks.
  let ranks: any Communicator

  /// A batch, or one rank's part of it. Texts may be padded: they are cut behind their first largest id, the end token.
  public init(images: Tensor, texts: [[Int32]], sharedBy ranks: any Communicator = SingleProcess()) {
    precondition(
      images.shape.rank == 4 && images.shape[0] == texts.count, "ClipBatch: \(images.shape), \(texts.count) texts")
    self.images = images
    self.texts = texts.map(CLIP.upToEnd)
    self.ranks = ranks
  }

  /// The number of pairs.
  public var count: Int { texts.count }
  /// The number, within the whole batch, of the first of them.
  var first: Int { ranks.rank * count }
}

extension ClipBatch {
  /// A batch of captions on a device.
  public init(_ captions: CaptionBatch, sharedBy ranks: any Communicator = SingleProcess(), on device: Device) {
    self.init(images: Tensor(captions.pixels, on: device), texts: captions.tokens, sharedBy: ranks)
  }
}
