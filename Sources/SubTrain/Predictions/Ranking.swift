/// Where right answers stand among all.
public enum Ranking {
  /// How many answers stand before the best of those that are `accepted`: it is among the k best where that is below k. Larger
  /// scores stand before smaller ones, equal ones in their order, and what is not a number behind all others.
  ///
  /// - Parameter restriction: the answers that are looked at; nil: all.
  public static func rank(of accepted: [Int], in scores: ArraySlice<Float>, among restriction: [Int]? = nil) -> Int {
    let ranks = accepted.map { own in
      let mine = scores[scores.startIndex + own]
      func isBefore(_ other: Int) -> Bool {
        let score = scores[scores.startIndex + other]
        if mine.isNaN { return !score.isNaN || other < own }
        return score > mine || score == mine && other < own
      }
      return restriction?.count(where: isBefore) ?? scores.indices.count { isBefore($0 - scores.startIndex) }
    }
    return ranks.min() ?? scores.count
  }

  /// The same of every row of scores, of which one answer is right.
  public static func ranks(_ scores: [Float], labels: [Int]) -> [Int] {
    let width = labels.isEmpty ? 0 : scores.count / labels.count
    return labels.enumerated().map { row, label in
      rank(of: [label], in: scores[(row * width)..<((row + 1) * width)])
    }
  }
}
