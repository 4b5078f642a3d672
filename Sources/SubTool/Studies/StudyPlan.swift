import SubCore
import SubData
import SubTrain

/// A study's runs at a scale, checked before any of them starts. A run lies in OUTPUT/SCALE/NAME-sSEED, where every study finds
/// it that has it too.
struct StudyPlan {
  let study: Study
  let scale: StudyScale
  /// Whether the data that come with the tool stand in for those that were not given.
  let isEmbedded: Bool
  /// What is taken from outside and was not given: a plan that is not to be run says so.
  let missing: [StudyInput]
  /// Every training once, in the order of the runs.
  let trainings: [StudyTraining]
  /// All trainings with the first seed, then with the next one.
  let runs: [PlannedRun]
  /// Where the report goes.
  let folder: String

  /// What to run, where its data are and its runs go. `machine`: options of every run. Throws usage errors for folders that
  /// hold other runs and, unless it is `dry`, for what is missing.
  init(
    _ study: Study, at scale: StudyScale, only names: [String]?, seeds: [Int], data: [String], from: [String],
    in output: String, machine: [String], home: ProjectHome, dry: Bool
  ) throws {
    (self.study, self.scale) = (study, scale)
    if scale == .small, let why = study.lacksSmall {
      throw InputError(
        "\(study.name) has no small scale: \(why)", at: "masksub reproduce",
        cure: "--scale paper --dry-run says what the paper's takes", isUsage: true)
    }
    let trainings = try study.trainings(at: scale, only: names)
    let inputs = StudyInput.used(by: trainings)
    let given = try StudyPaths(data: data, from: from, for: inputs)
    let isEmbedded = given.paths.isEmpty && trainings.allSatisfy { $0.embedded != nil }
    (self.trainings, self.isEmbedded) = (trainings, isEmbedded)
    missing = isEmbedded ? [] : inputs.filter { given.paths[$0.name] == nil }
    if !dry { try StudyInput.refuse(missing, of: study.name) }
    try given.check()

    let below = FileSystem.join(output, isEmbedded ? "embedded" : scale.rawValue)
    folder = FileSystem.join(below, study.name)
    func path(_ training: StudyTraining, _ seed: Int) -> String { FileSystem.join(below, "\(training.name)-s\(seed)") }
    runs = try seeds.flatMap { seed in
      try trainings.map { training in
        let words = try training.words(isEmbedded: isEmbedded) { name in
          switch name {
          case "home": return try FileSystem.parent(home.file("datasets"))
          case "run": return training.after.map { path($0, seed) } ?? ""
          default: return given.paths[name] ?? name
          }
        }
        return try PlannedRun(
          training.name, seed: seed, in: path(training, seed),
          by: CommandParser.command(named: words[0], among: Tool.commands),
          Array(words.dropFirst()) + machine + ["--seed=\(seed)", "--output=\(path(training, seed))"])
      }
    }
    for run in runs { try run.checkFolder() }
  }

  /// What the runs came to beside the paper's numbers: the table's parts of which any row is run at this scale.
  func comparison(_ records: [RunRecord]) throws -> Comparison {
    let sections = Set(study.rows.filter { $0.training(at: scale) != nil }.map(\.section))
    let rows = study.rows.filter { sections.contains($0.section) }
    let groups = rows.enumerated().map { place, row in
      let name = row.training(at: scale)?.name
      let folders = Set(runs.filter { $0.label == name }.map(\.folder))
      return Comparison.Group(
        section: sections.count > 1 ? row.section : "", label: row.label,
        isReference: !rows[..<place].contains { $0.section == row.section },
        runs: records.filter { folders.contains($0.folder.path) }, metric: row.metric, paper: row.number,
        paperCost: row.cost, paperOthers: row.others, place: row.place)
    }
    let lacking = rows.filter { $0.training(at: scale) == nil }.map { row in
      "\(row.label): " + (row.lacks ?? "not at this scale")
    }
    return try Comparison(
      groups, title: study.name, metric: study.metric, axis: study.axis,
      remarks: [study.summary, study.setting]
        + (isEmbedded ? ["made with the data that come with the tool, which are others"] : [])
        + study.remarks + lacking)
  }
}

extension Study {
  /// The trainings of `trainings(at:)`, or those of `names` and what they start from. Throws a usage error for a name that
  /// is none of them.
  func trainings(at scale: StudyScale, only names: [String]?) throws -> [StudyTraining] {
    let all = trainings(at: scale)
    guard let names else { return all }
    for name in names where !all.contains(where: { $0.name == name }) {
      let known = all.map(\.name)
      throw InputError(
        "\(self.name) has no runs called '\(name)'", at: "--only",
        cure: Suggestion.cure(for: name, in: known, else: "use some of \(known.joined(separator: ", "))"), isUsage: true
      )
    }
    var wanted = Set(names)
    // What others start from stands before them.
    for training in all.reversed() where wanted.contains(training.name) {
      if let before = training.after { wanted.insert(before.name) }
    }
    return all.filter { wanted.contains($0.name) }
  }
}
