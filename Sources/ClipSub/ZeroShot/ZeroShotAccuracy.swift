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
    var best = 0
    var bestFive = 0
    for (row, label) in labels.enumerated() {
      precondition(label >= 0 && label < classes, "ZeroShotAccuracy: label \(label) of \(classes)")
      let rank = Ranking.rank(of: [label], in: scores[(row * classes)..<((row + 1) * classes)])
      if rank < 1 { best += 1 }
      if rank < 5 { bestFive += 1 }
    }
    count = labels.count
    top1 = count == 0 ? 0 : Double(best) / Double(count)
    top5 = count == 0 ? 0 : Double(bestFive) / Double(count)
  }
}
