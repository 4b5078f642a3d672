import SubCore
import SubData
import SubTrain

/// Runs side by side: those that differ in nothing but their seed are a group.
struct Comparison {
  /// What it is about.
  let title: String
  /// What is to be known of it, in sentences.
  let remarks: [String]
  let groups: [Group]
  /// The metric that is drawn and tested, and the others.
  let metric: String
  let otherMetrics: [String]
  /// What groups are placed along, "hidden share"; nil: nothing.
  let axis: String?
  /// What the runs' configurations have in common, and where they differ: the values of every group that has runs.
  let shared: [(key: String, value: String)]
  let differing: [(key: String, values: [String])]

  /// Compares runs of one command; `metric` nil: the one by which their best is told. Throws where there is nothing to
  /// compare, or two runs are the same.
  init(_ runs: [RunRecord], metric: String? = nil) throws {
    guard let first = runs.first else {
      throw InputError("there is no run to compare", at: "--runs", cure: "name folders of runs", isUsage: true)
    }
    if let other = runs.first(where: { $0.command != first.command }) {
      throw InputError(
        "a run of \(first.command) and one of \(other.command) cannot be compared",
        at: "\(first.folder.path), \(other.folder.path)", cure: "name runs of one command", isUsage: true)
    }
    let settings = Configurations(runs)
    let other = settings.differing
    var members: [(values: [String], runs: [Int])] = []
    for run in runs.indices {
      let values = other.map { settings.value(run, $0) }
      if let place = members.firstIndex(where: { $0.values == values }) {
        if let twin = members[place].runs.first(where: { runs[$0].seed == runs[run].seed }) {
          throw InputError(
            "two runs of \(runs[run].method) have the seed \(runs[run].seed)",
            at: "\(runs[twin].folder.path), \(runs[run].folder.path)",
            cure: "leave one of them out, or draw them with masksub plot --together")
        }
        members[place].runs.append(run)
      } else {
        members.append((values, [run]))
      }
    }
    // By which the others are judged: the baseline, else the first.
    let reference = members.firstIndex { runs[$0.runs[0]].method == Baseline.name } ?? 0
    let groups = members.enumerated().map { place, member in
      let method = runs[member.runs[0]].method
      let rivals = members.filter { runs[$0.runs[0]].method == method }
      // Of groups of one method their labels say where they differ from each other.
      let marks = other.indices.filter { place in rivals.contains { $0.values[place] != member.values[place] } }
      let apart = marks.map { place in
        // The end of a path, where that tells as many of them apart.
        let all = Set(rivals.map { $0.values[place] })
        let value = member.values[place]
        let shown = Set(all.map(FileSystem.name)).count == all.count ? FileSystem.name(value) : value
        return "\(other[place].split(separator: ".").last ?? "") \(shown)"
      }
      return Group(
        label: ([method] + apart.prefix(2)).joined(separator: " "), isReference: place == reference,
        runs: member.runs.map { runs[$0] }.sorted { $0.seed < $1.seed })
    }
    try self.init(groups, title: first.title, metric: metric)
  }

  /// Compares given groups, of which some may have no runs yet; `metric` as above.
  init(
    _ groups: [Group], title: String, metric: String? = nil, axis: String? = nil, remarks: [String] = []
  ) throws {
    (self.groups, self.title, self.axis, self.remarks) = (groups, title, axis, remarks)
    let made = groups.filter { !$0.runs.isEmpty }
    let runs = made.flatMap(\.runs)
    let settings = Configurations(runs)
    shared = settings.shared.map { ($0, settings.value(0, $0)) }
    let firsts = made.indices.map { place in made[..<place].reduce(0) { $0 + $1.runs.count } }
    differing = settings.differing.map { key in (key, firsts.map { settings.value($0, key) }) }

    let names = runs.map(\.metrics).first { !$0.isEmpty } ?? []
    if let metric, !names.contains(metric) {
      throw InputError(
        "the runs have no metric '\(metric)'", at: "--metric",
        cure: names.isEmpty
          ? "leave it out: nothing was evaluated yet in \(runs.first?.folder.path ?? "any run")"
          : "use one of \(names.joined(separator: ", "))",
        isUsage: true)
    }
    self.metric = metric ?? names.first ?? "metric"
    otherMetrics = names.filter { [metric = self.metric] in $0 != metric }
  }

  /// Every run.
  var runs: [RunRecord] { groups.flatMap(\.runs) }
  /// The parts that are judged each by its own reference, in order.
  var sections: [String] {
    groups.reduce(into: []) { names, group in if !names.contains(group.section) { names.append(group.section) } }
  }
  /// By which a group is judged; it may be itself.
  func reference(of group: Group) -> Group {
    groups.first { $0.section == group.section && $0.isReference } ?? group
  }
  /// What references are called.
  var referenceName: String {
    let labels = Set(groups.filter(\.isReference).map(\.label))
    return labels.count == 1 ? labels.first ?? "" : "first"
  }
  /// The metric that counts for a group.
  func metric(of group: Group) -> String { group.metric ?? metric }
  /// The same for all groups; where they have several, the word.
  var metricName: String {
    let names = Set(groups.filter { !$0.runs.isEmpty }.map(metric(of:)))
    return names.count > 1 ? "metric" : names.first ?? metric
  }
}

/// The configurations of runs, value by value. What says where or by what a run was made is left out.
private struct Configurations {
  /// What all runs share, and where some differ but for the seed: paths to values, in the order in which they stand.
  let shared, differing: [String]
  private let values: [[String: String]]

  init(_ runs: [RunRecord]) {
    let flat = runs.map { Self.flat($0.configuration) }
    var (known, keys): (Set<String>, [String]) = ([], [])
    for member in flat.joined() where known.insert(member.key).inserted { keys.append(member.key) }
    let values = flat.map { Dictionary($0.map { ($0.key, $0.value) }, uniquingKeysWith: { first, _ in first }) }
    let isShared = keys.map { key in values.allSatisfy { $0[key] == values[0][key] } }
    shared = zip(keys, isShared).filter(\.1).map(\.0)
    differing = zip(keys, isShared).filter { !$0.1 && $0.0 != "seed" }.map(\.0)
    self.values = values
  }

  func value(_ run: Int, _ key: String) -> String { values[run][key] ?? "none" }

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
    let group: Group
    /// Runs that have ended, and those of them whose metric is no number.
    let ended, lost: Int
    /// The metric behind the last update, by the seed; and of all seeds.
    let values: [Int: Double]
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
    groups.map { group in
      let (reference, name) = (reference(of: group), metric(of: group))
      func values(_ runs: [RunRecord]) -> [Int: Double] {
        Dictionary(runs.compactMap { run in run.final(name).map { (run.seed, $0) } }, uniquingKeysWith: { $1 })
      }
      let (own, its) = (values(group.runs), values(reference.runs))
      let seconds = Spread(group.runs.compactMap(\.trainingSeconds))
      let base = Spread(reference.runs.compactMap(\.trainingSeconds))
      return Row(
        group: group, ended: group.runs.count { $0.summary != nil }, lost: group.runs.count { $0.isLost(name) },
        values: own, metric: Spread(group.runs.compactMap { $0.final(name) }),
        others: otherMetrics.map { name in Spread(group.runs.compactMap { $0.final(name) }) },
        test: group.isReference ? nil : PairedTest(own, its), seconds: seconds,
        cost: seconds.flatMap { own in base.map { own.mean / $0.mean } })
    }
  }
}
