/// Image-text retrieval where caption i belongs to image i, as open_clip reports it.
public struct RetrievalMetrics: Sendable, Equatable {
  /// One direction: how far down the list of all candidates the right one stands.
  public struct Direction: Sendable, Equatable {
    /// Mean place of the right candidate, from 1.
    public let meanRank: Double
    /// Median place of the right candidate, from 1, rounded down.
    public let medianRank: Double
    /// Share of queries whose right candidate is among the first 1, 5 and 10.
    public let recallAt1: Double, recallAt5: Double, recallAt10: Double

    /// From the places counted from 0, at least one.
    public init(ranks: [Int]) {
      precondition(!ranks.isEmpty, "RetrievalMetrics: no ranks")
      let count = Double(ranks.count)
      let sorted = ranks.sorted()
      let middle = Double(sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
      func recall(_ k: Int) -> Double { Double(ranks.count { $0 < k }) / count }
      meanRank = Double(ranks.reduce(0, +)) / count + 1
      medianRank = middle.rounded(.down) + 1
      recallAt1 = recall(1)
      recallAt5 = recall(5)
      recallAt10 = recall(10)
    }
  }

  /// Captions looked up by images, and images by captions.
  public let imageToText: Direction, textToImage: Direction

  /// From places counted from 0: of every image's caption among all captions, and of every caption's image.
  public init(imageRanks: [Int], textRanks: [Int]) {
    precondition(imageRanks.count == textRanks.count, "RetrievalMetrics: \(imageRanks.count), \(textRanks.count) ranks")
    imageToText = Direction(ranks: imageRanks)
    textToImage = Direction(ranks: textRanks)
  }

  /// The figures under open_clip's names: `image_to_text_R@1`, `text_to_image_median_rank`, …
  public var named: [(name: String, value: Double)] {
    [("image_to_text", imageToText), ("text_to_image", textToImage)].flatMap { prefix, direction in
      [
        ("\(prefix)_mean_rank", direction.meanRank), ("\(prefix)_median_rank", direction.medianRank),
        ("\(prefix)_R@1", direction.recallAt1), ("\(prefix)_R@5", direction.recallAt5),
        ("\(prefix)_R@10", direction.recallAt10),
      ]
    }
  }
}
