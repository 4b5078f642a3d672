import SubData
import SubTrain

/// The rows of a comparison as texts.
struct ComparisonTable {
  let heads: [String]
  let rows: [[String]]

  init(_ comparison: Comparison) {
    let (groups, reference) = (comparison.groups, comparison.referenceName)
    let (hasPaper, hasPaperCost) = (groups.contains { $0.paper != nil }, groups.contains { $0.paperCost != nil })
    var heads = ["method"]
    if hasPaper { heads += ["paper", "paper vs \(reference)"] }
    heads += [comparison.metricName, "vs \(reference)", "p", "training"]
    if hasPaperCost { heads.append("paper's cost") }
    self.heads = heads + ["cost"]
    rows = comparison.rows.map { row in
      let (group, reference) = (row.group, comparison.reference(of: row.group))
      var cells = [group.name + Self.state(row)]
      if hasPaper {
        let apart = reference.paper.flatMap { its in group.paper.map { $0.text(above: its) } }
        cells += [group.paper?.text ?? "-", group.isReference ? "" : apart ?? "-"]
      }
      cells.append(Self.text(row.metric, 4))
      cells += group.isReference ? ["", ""] : [Self.difference(row.test), Self.probability(row.test)]
      cells.append(Self.text(row.seconds, 1, unit: " s"))
      if hasPaperCost { cells.append(Self.times(group.paperCost)) }
      return cells + [Self.times(row.cost)]
    }
  }

  /// The other metrics, one a row; nil: there are none.
  static func others(_ comparison: Comparison) -> ComparisonTable? {
    let rows = comparison.rows.filter { !$0.group.runs.isEmpty }
    guard !comparison.otherMetrics.isEmpty, !rows.isEmpty else { return nil }
    return ComparisonTable(
      heads: ["metric"] + rows.map(\.group.name),
      rows: comparison.otherMetrics.enumerated().map { place, name in
        [name]
          + rows.map { row in
            let spread = row.others[place]
            return text(spread, 4) + (spread.map { $0.count < row.ended ? " (n \($0.count))" : "" } ?? "")
          }
      })
  }

  /// What else the paper says of the groups, one a row; nil: nothing.
  static func paperOthers(_ comparison: Comparison) -> ComparisonTable? {
    let names = comparison.groups.flatMap { $0.paperOthers.map(\.name) }.reduce(into: [String]()) { names, name in
      if !names.contains(name) { names.append(name) }
    }
    guard !names.isEmpty else { return nil }
    return ComparisonTable(
      heads: ["the paper"] + names,
      rows: comparison.groups.filter { !$0.paperOthers.isEmpty }.map { group in
        [group.name] + names.map { name in group.paperOthers.first { $0.name == name }?.text ?? "-" }
      })
  }

  private init(heads: [String], rows: [[String]]) { (self.heads, self.rows) = (heads, rows) }

  /// What is to be known of the runs, and what the columns mean, a line each.
  static func notes(_ comparison: Comparison) -> [String] {
    let counts = Set(comparison.rows.compactMap { $0.metric?.count }).sorted().map { "\($0)" }
    let hasPaper = comparison.groups.contains { $0.paper != nil }
    return comparison.remarks + [
      "mean \u{b1} standard deviation (n \u{2212} 1) over the seeds, "
        + (counts.isEmpty ? "" : "n = \(counts.joined(separator: " or ")), ") + "of the weights behind the last update"
        + (hasPaper ? "; paper: its number and what that is more than its own reference" : ""),
      "p: paired t-test over the seeds that both have, two-sided; with few seeds it finds only large differences",
      "training: the time of the updates alone; cost: times that of \(comparison.referenceName)",
    ] + comparison.shortCurves
  }

  /// What is to be known of a row's runs, behind its name.
  private static func state(_ row: Comparison.Row) -> String {
    let (runs, lost) = (row.group.runs.count, row.lost)
    guard row.ended == runs else {
      return " (\(row.ended) of \(runs) runs ended" + (lost > 0 ? "; \(lost) not a number)" : ")")
    }
    return lost > 0 ? " (\(runs - lost) of \(runs) seeds; \(lost) not a number)" : ""
  }

  /// Lines of text.
  var lines: [String] { TextColumns([heads] + rows).lines }

  private static func times(_ factor: Double?) -> String { factor.map { "\($0.fixed(2))\u{d7}" } ?? "-" }

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
    let names = allMetrics
    let heads = ["group", "method", "seed", "run", "ended", "steps"] + names + ["training_seconds", "seconds"]
    var rows = [heads]
    for group in groups {
      rows += group.runs.map { run in
        [group.name, run.method, "\(run.seed)", run.folder.path, run.summary == nil ? "no" : "yes", "\(run.step)"]
          + names.map { Self.number(run.final($0)) }
          + [Self.number(run.trainingSeconds), Self.number(run.summary?["seconds"]?.double)]
      }
    }
    return rows.map(CSV.line).joined()
  }

  /// One row for every logged step of every run.
  var stepsCSV: String {
    let names = ["loss", "loss_main", "loss_sub", "loss_main_mean", "loss_sub_mean", "lr", "grad_norm"]
    let all = names + ["grad_norm_main", "grad_norm_sub", "samples_per_s"] + allMetrics
    var text = CSV.line(["group", "method", "seed", "step", "split"] + all)
    for group in groups {
      for run in group.runs {
        run.log.forEach(all) { step, split, values in
          text += CSV.line([group.name, run.method, "\(run.seed)", "\(step)", split] + values.map(Self.number))
        }
      }
    }
    return text
  }

  /// The metric that counts, the others, and those of groups with their own.
  private var allMetrics: [String] {
    let known = [metric] + otherMetrics
    return known + Set(groups.compactMap(\.metric)).subtracting(known).sorted()
  }

  private static func number(_ value: Double?) -> String { value.map { "\($0)" } ?? "" }
}

extension Comparison {
  /// Its tables in the order in which they are read.
  var tables: [ComparisonTable] {
    [ComparisonTable(self), ComparisonTable.others(self), ComparisonTable.paperOthers(self)].compactMap { $0 }
  }
}
