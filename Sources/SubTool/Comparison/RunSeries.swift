import SubCore
import SubData

/// Runs that make one report.
struct RunSeries {
  /// In the order in which they are made.
  let runs: [PlannedRun]
  /// Where the report goes.
  let folder: String

  /// The runs that have ended.
  var done: [RunRecord] {
    get throws { try runs.filter(\.isDone).map { try RunRecord($0.folder) } }
  }

  /// Makes what is not done yet, one after the other, draws the report behind each, and prints its table. A run that fails
  /// does not end the others, but for the first: it shows whether the command line works at all.
  ///
  /// - Parameters:
  ///   - line: the command that goes on, and draws again.
  ///   - comparing: what the report is about.
  func make(
    in context: ToolContext, _ line: String, comparing: ([RunRecord]) throws -> Comparison
  ) throws {
    var failures: [String] = []
    for (number, run) in runs.enumerated() where !run.isDone {
      context.console.note("run \(number + 1) of \(runs.count): \(run.label), seed \(run.seed)")
      do {
        try Interruption.check()
        try run.train(in: context)
        _ = try draw(line, comparing)
      } catch is Interruption {
        let count = runs.count(where: \.isDone)
        if count > 0 { _ = try draw(line, comparing) }
        throw Interruption(cure: "\(count) of \(runs.count) runs are done. Go on with: \(line)")
      } catch let error as InputError {
        guard runs.contains(where: \.isDone) else { throw error }
        context.console.note("run \(run.folder) failed: \(error)")
        failures.append("\(run.label) with seed \(run.seed): \(error.what)")
      }
    }
    try context.show(draw(line, comparing), in: folder)
    if !failures.isEmpty {
      throw InputError(
        "\(failures.count) of \(runs.count) runs failed: \(failures.joined(separator: "; "))", at: folder,
        cure: "fix that and give the same command again, or leave these runs out")
    }
  }

  private func draw(_ line: String, _ comparing: ([RunRecord]) throws -> Comparison) throws -> Comparison {
    let comparison = try comparing(done)
    try FileSystem.makeFolder(folder)
    try ComparisonReport(comparison: comparison, command: line).write(to: folder)
    return comparison
  }
}

extension ToolContext {
  /// Prints a comparison's tables, on a terminal with its first curves, and where its report is.
  func show(_ comparison: Comparison, in folder: String) throws {
    for table in comparison.tables {
      for line in table.lines { try console.print(line) }
    }
    for line in ComparisonTable.notes(comparison) { console.note(line) }
    let figure = comparison.figure
    noteBoxes(in: figure, FileSystem.join(folder, "figure"))
    if console.outputIsTerminal {
      let plot = TextPlot(width: min(console.width, 100), height: 13, console)
      for panel in figure.panels.prefix(2) {
        for line in plot.lines(panel) { try console.print(styled: line) }
      }
    }
    try console.print("report \(FileSystem.join(folder, "report.html"))")
  }

  /// Says where a figure's PNG lacks letters that its SVG has; `path` is that of both without their endings.
  func noteBoxes(in figure: Figure, _ path: String) {
    if figure.texts.contains(where: PictureFont.lacks) {
      console.note("\(path).png has boxes for letters that its font lacks: \(path).svg has them")
    }
  }
}
