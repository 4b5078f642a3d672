import SubTrain

/// What came out of a comparison in a sentence for every section.
struct ComparisonHeadline {
  private let comparison: Comparison

  init(_ comparison: Comparison) { self.comparison = comparison }

  /// The sentences.
  var text: String {
    let sentences = comparison.sections.compactMap { section -> String? in
      let rows = comparison.rows.filter { $0.group.section == section && $0.values.count + $0.lost > 0 }
      guard !rows.isEmpty else { return nil }
      let parts = [best(of: rows.filter { $0.lost == 0 }, among: rows)] + rows.compactMap(Self.omission)
      return (section.isEmpty ? "" : "\(section): ") + parts.compactMap { $0 }.joined(separator: " ")
    }
    return sentences.isEmpty ? "No run has ended yet." : sentences.joined(separator: " ")
  }

  /// Runs without a number have no mean that could be the best.
  private static func omission(_ row: Comparison.Row) -> String? {
    row.lost == 0
      ? nil : "\(row.group.label) is left out: \(row.lost) of its \(row.ended) runs ended with no number."
  }

  /// Which of some rows has the best mean of the seeds that they all have: those of others cannot be compared. `all` has the
  /// reference, too. Nil: there is none of them.
  private func best(of rows: [Comparison.Row], among all: [Comparison.Row]) -> String? {
    guard let first = rows.first else { return nil }
    let seeds = rows.reduce(Set(first.values.keys)) { $0.intersection($1.values.keys) }
    func values(_ row: Comparison.Row) -> [Int: Double] { row.values.filter { seeds.contains($0.key) } }
    let means = rows.compactMap { row in
      Spread(values(row).sorted { $0.key < $1.key }.map(\.value)).map { (row: row, mean: $0.mean) }
    }
    let metric = comparison.metric(of: first.group)
    let isLessBetter = Self.isLessBetter(metric)
    /// Whether one mean is worse than another.
    func isWorse(_ mean: Double, _ other: Double) -> Bool { isLessBetter ? mean > other : mean < other }
    guard let best = means.max(by: { isWorse($0.mean, $1.mean) }) else {
      return "No seed has ended in every row, so that none is called the best."
    }
    let isPart = rows.contains { $0.values.count > seeds.count }
    let over = " over \(Self.seeds(seeds.count))" + (isPart ? " that all have" : "")
    let reference = comparison.reference(of: best.row.group).label
    if let own = means.first(where: { $0.row.group.isReference })?.mean,
      !isWorse(own, best.mean)
    {
      let place = isLessBetter ? "below" : "above"
      return "No mean \(metric) is \(place) that of \(reference), \(own.fixed(4))\(isPart ? over : "")."
    }
    let told = "The best mean \(metric) is that of \(best.row.group.label), \(best.mean.fixed(4))"
    let its = all.first { $0.group.isReference }?.values ?? [:]
    guard let test = PairedTest(values(best.row), its) else { return "\(told)\(isPart ? over : "")." }
    let (difference, count) = (test.differences.mean, test.differences.count)
    let pairs = count == seeds.count ? over : " over \(Self.seeds(count)) that both have"
    let p = test.p.map { ", p \($0 < 0.001 ? "< 0.001" : $0.fixed(3))" } ?? ""
    let cost = best.row.cost.map { ", for \($0.fixed(2)) times the training time" } ?? ""
    return
      "\(told): \(abs(difference).fixed(4)) \(difference < 0 ? "less" : "more") than \(reference)\(pairs)\(p)\(cost)."
  }

  /// Errors and ranks are the better the less they are.
  private static func isLessBetter(_ metric: String) -> Bool {
    metric == "mse" || metric.hasSuffix("_rank") || metric.hasPrefix("loss")
  }

  private static func seeds(_ count: Int) -> String { "\(count) seed\(count == 1 ? "" : "s")" }
}
