import SubCore
import SubData
import SubTrain

/// Runs side by side: those that differ in nothing but their seed are a group.
struct Comparison {
  /// Runs with different seeds of one method and configuration.
  struct Group {
    /// The method, with what else sets it apart from other groups of that method.
    let label: String
    let method: String
    let runs: [RunRecord]
  }

  let groups: [Group]
  /// The metric that is drawn and tested, and the others.
  let metric: String
  let otherMetrics: [String]
  /// What the runs' configurations have in common, and where they differ, group by group.
  let shared: [(key: String, value: String)]
  let differing: [(key: String, values: [String])]

  /// Compares runs; `metric` nil: the one by which their best is told. Throws where there is nothing to compare, or two runs
  /// are the same.
  init(_ runs: [RunRecord], metric: String? = nil) throws {
    guard let first = runs.first else {
      throw InputError("there is no run to compare", at: "--runs", cure: "name folders of runs", isUsage: true)
    }
    if let other = runs.first(where: { $0.command != first.command }) {
      throw InputError(
        "a run of \(first.command) and one of \(other.command) have nothing to be compared by",
        at: "\(first.folder.path), \(other.folder.path)", cure: "name runs of one command", isUsage: true)
    }
    let flat = runs.map { Self.flat($0.configuration) }
    let keys = flat.reduce(into: [String]()) { keys, one in
      for member in one where !keys.contains(member.key) { keys.append(member.key) }
    }
    func value(_ run: Int, _ key: String) -> String { flat[run].first { $0.key == key }?.value ?? "none" }
    let isSame = keys.map { key in runs.indices.allSatisfy { value($0, key) == value(0, key) } }
    let same = zip(keys, isSame).filter(\.1).map(\.0)
    let other = zip(keys, isSame).filter { !$0.1 && $0.0 != "seed" }.map(\.0)

    var members: [(values: [String], runs: [Int])] = []
    for run in runs.indices {
      let values = other.map { value(run, $0) }
      if let place = members.firstIndex(where: { $0.values == values }) {
        if let twin = members[place].runs.first(where: { runs[$0].seed == runs[run].seed }) {
          throw InputError(
            "two runs of \(runs[run].method) have the seed \(runs[run].seed)",
            at: "\(runs[twin].folder.path), \(runs[run].folder.path)", cure: "leave one of them out")
        }
        members[place].runs.append(run)
      } else {
        members.append((values, [run]))
      }
    }
    groups = members.map { member in
      let method = runs[member.runs[0]].method
      let rivals = members.filter { runs[$0.runs[0]].method == method }
      // Of groups of one method their labels say where they differ from each other.
      let marks = other.indices.filter { place in rivals.contains { $0.values[place] != member.values[place] } }
      let apart = marks.map { "\(other[$0].split(separator: ".").last ?? "") \(member.values[$0])" }
      return Group(
        label: ([method] + apart.prefix(2)).joined(separator: " "), method: method,
        runs: member.runs.map { runs[$0] }.sorted { $0.seed < $1.seed })
    }
    shared = same.map { key in (key, value(0, key)) }
    differing = other.enumerated().map { place, key in (key, members.map { $0.values[place] }) }

    let names = runs.map(\.metrics).first { !$0.isEmpty } ?? []
    if let metric, !names.contains(metric) {
      throw InputError(
        "the runs have no metric '\(metric)'", at: "--metric",
        cure: names.isEmpty
          ? "leave it out: nothing was evaluated yet in \(first.folder.path)"
          : "use one of \(names.joined(separator: ", "))",
        isUsage: true)
    }
    self.metric = metric ?? names.first ?? "metric"
    otherMetrics = names.filter { [metric = self.metric] in $0 != metric }
  }

  /// By which the others are judged: the baseline, else the first.
  var reference: Group { groups.first { $0.method == "baseline" } ?? groups[0] }
  /// The command and task of all runs.
  var title: String { groups[0].runs[0].title }
  /// Every run.
  var runs: [RunRecord] { groups.flatMap(\.runs) }

  /// A configuration's values by the path to them; what says where or by what a run was made is left out.
  private static func flat(_ configuration: JSON) -> [(key: String, value: String)] {
    let omitted: Set = [
      "arguments", "folder", "version", "commit", "samples", "parts", "predicted_peak_mib", "changes", "best_by",
    ]
    func collect(_ json: JSON, _ path: String) -> [(key: String, value: String)] {
      guard let members = json.object?.members, !members.isEmpty else {
        return json.isNull ? [] : [(path, json.string ?? json.text())]
      }
      return members.flatMap { collect($0.value, path.isEmpty ? $0.key : "\(path).\($0.key)") }
    }
    let members = (configuration.object?.members ?? []).filter { !omitted.contains($0.key) }
    return members.flatMap { collect($0.value, $0.key) }
  }
}

extension Comparison {
  /// What a group came to.
  struct Row {
    let label: String
    /// Runs that have ended, of all.
    let ended, runs: Int
    /// The metric behind the last update.
    let metric: Spread?
    let others: [Spread?]
    /// Against the reference, seed by seed; nil for the reference itself.
    let test: PairedTest?
    /// Seconds of training, and how many times the reference's that is.
    let seconds: Spread?
    let cost: Double?
  }

  /// A row for every group.
  var rows: [Row] {
    let reference = reference
    let base = Spread(reference.runs.compactMap(\.trainingSeconds))
    return groups.map { group in
      let differences = group.runs.compactMap { run -> Double? in
        guard let rival = reference.runs.first(where: { $0.seed == run.seed }), let own = run.final(metric),
          let its = rival.final(metric)
        else { return nil }
        return own - its
      }
      let seconds = Spread(group.runs.compactMap(\.trainingSeconds))
      return Row(
        label: group.label, ended: group.runs.count { $0.summary != nil }, runs: group.runs.count,
        metric: Spread(group.runs.compactMap { $0.final(metric) }),
        others: otherMetrics.map { name in Spread(group.runs.compactMap { $0.final(name) }) },
        test: group.label == reference.label ? nil : PairedTest(differences), seconds: seconds,
        cost: seconds.flatMap { own in base.map { own.mean / $0.mean } })
    }
  }
}
