import SubData
import SubTrain

/// The rows of a comparison as texts.
struct ComparisonTable {
  let heads: [String]
  let rows: [[String]]

  init(_ comparison: Comparison) {
    let reference = comparison.reference.label
    heads = ["method", comparison.metric, "vs \(reference)", "p", "training", "cost"]
    rows = comparison.rows.map { row in
      let name = row.label + (row.ended < row.runs ? " (\(row.ended) of \(row.runs) runs ended)" : "")
      let isReference = row.label == reference
      return [name, Self.text(row.metric, 4)]
        + [isReference ? "" : Self.difference(row.test), isReference ? "" : Self.probability(row.test)]
        + [Self.text(row.seconds, 1, unit: " s"), row.cost.map { "\($0.fixed(2))\u{d7}" } ?? "-"]
    }
  }

  /// The other metrics, one a row; nil: there are none.
  static func others(_ comparison: Comparison) -> ComparisonTable? {
    guard !comparison.otherMetrics.isEmpty else { return nil }
    let rows = comparison.rows
    return ComparisonTable(
      heads: ["metric"] + rows.map(\.label),
      rows: comparison.otherMetrics.enumerated().map { place, name in
        [name] + rows.map { text($0.others[place], 4) }
      })
  }

  private init(heads: [String], rows: [[String]]) { (self.heads, self.rows) = (heads, rows) }

  /// What the columns mean, a line each.
  static func notes(_ comparison: Comparison) -> [String] {
    let counts = Set(comparison.groups.map(\.runs.count)).sorted().map { "\($0)" }.joined(separator: " or ")
    return [
      "mean \u{b1} standard deviation (n \u{2212} 1) over the seeds, n = \(counts), of the weights behind the last update",
      "p: paired t-test over the seeds that both have, two-sided; with few seeds it finds only large differences",
      "training: the time of the updates alone; cost: times that of \(comparison.reference.label)",
    ]
  }

  /// Lines of text.
  var lines: [String] { TextColumns([heads] + rows).lines }

  private static func text(_ spread: Spread?, _ decimals: Int, unit: String = "") -> String {
    guard let spread else { return "-" }
    return spread.mean.fixed(decimals) + (spread.deviation.map { " \u{b1} \($0.fixed(decimals))" } ?? "") + unit
  }

  private static func difference(_ test: PairedTest?) -> String {
    guard let spread = test?.differences else { return "-" }
    return (spread.mean < 0 ? "" : "+") + text(spread, 4)
  }

  private static func probability(_ test: PairedTest?) -> String {
    guard let test, let p = test.p else { return "-" }
    return (p < 0.001 ? "< 0.001" : p.fixed(3)) + " (n \(test.differences.count))"
  }
}

extension Comparison {
  /// One row for every run.
  var runsCSV: String {
    let names = [metric] + otherMetrics
    let heads = ["group", "method", "seed", "run", "ended", "steps"] + names + ["training_seconds", "seconds"]
    return Self.csv(
      [heads]
        + groups.flatMap { group in
          group.runs.map { run in
            [group.label, run.method, "\(run.seed)", run.folder.path, run.summary == nil ? "no" : "yes", "\(run.step)"]
              + names.map { Self.number(run.final($0)) }
              + [Self.number(run.trainingSeconds), Self.number(run.summary?["seconds"]?.double)]
          }
        })
  }

  /// One row for every logged step of every run.
  var stepsCSV: String {
    let names = ["loss", "loss_main", "loss_sub", "loss_main_mean", "loss_sub_mean", "lr", "grad_norm"]
    let all = names + ["grad_norm_main", "grad_norm_sub", "samples_per_s", metric] + otherMetrics
    var rows = [["group", "method", "seed", "step", "split"] + all]
    for group in groups {
      for run in group.runs {
        rows += run.logged(all).map { line in
          [group.label, run.method, "\(run.seed)", "\(line.step)", line.split] + line.values.map(Self.number)
        }
      }
    }
    return Self.csv(rows)
  }

  private static func number(_ value: Double?) -> String { value.map { "\($0)" } ?? "" }

  /// Rows as RFC 4180 has them.
  private static func csv(_ rows: [[String]]) -> String {
    rows.map { row in
      row.map { cell in
        cell.contains(where: { ",\"\n".contains($0) }) ? "\"" + cell.replacing("\"", with: "\"\"") + "\"" : cell
      }.joined(separator: ",") + "\n"
    }.joined()
  }
}
