public import ClipSub
public import SubCore
public import TextSub

/// A BERT and a CLIP of two narrow blocks, each with the batch of four that it sees.
public enum TinyNetworks {
  /// The classes of a batch.
  public static var labels: Target { .labels(Tensor(indices: [0, 1, 1, 0], on: .cpu), smoothing: 0) }

  /// Sentences of 16 pieces, and two classes.
  public static func bert() -> (network: BERTForSequenceClassification, batch: TextBatch) {
    var sizes = BERTConfig()
    (sizes.vocabularySize, sizes.width, sizes.layers, sizes.heads) = (100, 32, 2, 2)
    (sizes.intermediateWidth, sizes.positions) = (64, 16)
    let sentences = (0..<4).map { number in
      TextBatch.Sequence(
        ids: (10..<26).map { Int32($0 + number) }, typeIDs: Array(repeating: 0, count: 16),
        isEligible: Array(repeating: true, count: 16))
    }
    return (
      BERTForSequenceClassification(sizes, labels: 2), TextBatch(sentences, target: labels, maskID: 3, on: .cpu)
    )
  }

  /// Noise of 32 pixels with texts of three pieces.
  public static func clip() -> (network: CLIP, batch: ClipBatch) {
    var towers = ClipConfig()
    towers.embedWidth = 16
    (towers.image.size, towers.image.patch, towers.image.width, towers.image.layers) = (32, 8, 32, 2)
    (towers.image.heads, towers.image.mlpWidth) = (2, 64)
    (towers.text.contextLength, towers.text.vocabularySize, towers.text.width) = (12, 100, 32)
    (towers.text.layers, towers.text.heads, towers.text.mlpWidth) = (2, 2, 64)
    let images = Tensor.uniform([4, 3, 32, 32], RandomKey(seed: 0), on: .cpu)
    return (CLIP(towers), ClipBatch(images: images, texts: (1...4).map { [98, Int32($0), 99] }))
  }
}
