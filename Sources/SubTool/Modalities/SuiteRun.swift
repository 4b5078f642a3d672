import SubCore
import SubData
import SubTrain
import VisionSub

/// A suite as `eval` and `zero-shot` were told of it.
struct SuiteRun {
  let suite: EvaluationSuite
  /// Below which its sets lie.
  let root: String

  /// The suites that come with the tool, by name; anything else is a file.
  private static let known = ["robustness": "datasets/robustness/suite.json"]

  /// Throws a usage error where there is no such suite, or nothing says where its sets lie.
  init(_ given: String, below root: String?, in context: ToolContext) throws {
    try context.refuseRanks("a suite is evaluated", at: "--suite \(given)")
    guard let root else {
      throw InputError(
        "the folder that holds the sets is not given", at: "--suite", cure: "name it with --data",
        isUsage: true)
    }
    let names = Self.known.keys.sorted()
    guard Self.known[given] != nil || FileSystem.kind(given) != .absent || given.hasSuffix(".json") else {
      throw InputError(
        "there is no suite '\(given)'", at: "--suite",
        cure: Suggestion.cure(for: given, in: names, else: "use \(names.joined(separator: ", ")), or a file"),
        isUsage: true)
    }
    suite = try EvaluationSuite(Self.known[given].map(context.home.file) ?? given)
    self.root = root
  }

  /// Evaluates every set by its classifier; prints its figures when they are there, and the suite's row at the end. Throws
  /// behind that where sets could not be evaluated.
  func print(
    _ evaluation: SuiteEvaluation, in context: ToolContext,
    by logits: (EvaluationSuite.Pictures) throws -> ImageFunction
  ) throws {
    for remark in evaluation.remarks { context.console.note(remark) }
    var row: [String: Double] = [:]
    for set in evaluation.found {
      context.console.note("\(set.count) images of \(set.path)")
      let classifier = try logits(set.pictures)
      let progress = Progress(FileSystem.name(set.path), on: context.console)
      progress.begin(at: 0, of: set.count)
      let (results, remarks) = try evaluation(set, by: classifier, progress: progress.updated)
      progress.end()
      for remark in remarks { context.console.note(remark) }
      for result in results {
        if let title = result.measure.title, result.count > 0 { row[title] = result.top1 }
        let groups = result.groups.map { ", mean of \($0.count) groups \($0.top1.fixed(4))" } ?? ""
        try context.console.print(
          "\(result.measure.name) top1 \(result.top1.fixed(4)), top5 \(result.top5.fixed(4))\(groups), "
            + "\(result.count) images")
      }
    }
    let wrong = evaluation.failed.flatMap(\.measures)
    let cells = suite.titles.map { title in
      (title, row[title].map { (100 * $0).fixed(1) } ?? (wrong.contains { $0.title == title } ? "wrong" : "-"))
    }
    if !cells.isEmpty {
      for line in TextColumns([cells.map(\.0), cells.map(\.1)]).lines { try context.console.print(line) }
    }
    for (measures, error) in evaluation.failed {
      try context.console.print("\(measures.map(\.name).joined(separator: ", ")) not evaluated: \(error)")
    }
    guard wrong.isEmpty else {
      throw InputError(
        "not evaluated: \(wrong.map(\.name).joined(separator: ", "))", at: root,
        cure: "fix the errors above, then evaluate again")
    }
  }
}
