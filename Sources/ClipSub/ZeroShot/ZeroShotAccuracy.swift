import SubTrain

/// How often the right class is among the best ones.
public struct ZeroShotAccuracy: Sendable, Equatable {
  /// Share of images whose class scores best, 0 to 1.
  public let top1: Double
  /// Share of images whose class is among the best five, 0 to 1.
  public let top5: Double
  /// The number of images.
  public let count: Int

  /// From scores `[images, classes]`, row-major, of any scale, and the right class of every image. Of classes with
  /// equal scores the first counts as better; an own score that is not a number stands last.
  public init(scores: [Float], classes: Int, labels: [Int]) {
    precondition(classes > 0 && scores.count == labels.count * classes, "ZeroShotAccuracy: \(scores.count) scores")
    precondition(labels.allSatisfy { (0..<classes).contains($0) }, "ZeroShotAccuracy: labels of \(classes) classes")
    self.init(ranks: Ranking.ranks(scores, labels: labels))
  }

  /// From how many classes stand before the right one, of every image.
  init(ranks: [Int]) {
    let share = { (most: Int) in ranks.isEmpty ? 0 : Double(ranks.count { $0 < most }) / Double(ranks.count) }
    (top1, top5, count) = (share(1), share(5), ranks.count)
  }
}
