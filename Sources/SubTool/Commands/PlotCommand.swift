import SubCore
import SubData
import SubTrain

/// `plot`: the curves of runs.
struct PlotCommand: Command {
  static let name = "plot"
  static let summary = "draws the curves of finished and running runs as SVG and PNG"
  static let discussion =
    "Losses in training and evaluation, the task's metrics, gradient norms, learning rate and speed over the steps. Each run's "
    + "pictures go to its own plots/, curves.svg and curves.png. With --together one picture has a curve for each run, named "
    + "after its folder, whatever the runs are; compare --runs draws methods over their seeds."
  static let example = "masksub plot runs/glue-20260131-120000"
  static let section = CommandSection.evaluate

  @Argument("RUN", "the folder of a run, or a folder of runs") var runs: [String]
  @Option(
    "--output", value: "DIR", default: "each run's plots/", "a folder for all pictures, named after the runs")
  var output: String?
  @Flag("--together", "all runs in one picture, together.svg and .png, in --output or here") var together: Bool

  func run(in context: ToolContext) throws {
    guard !runs.isEmpty else {
      throw InputError("RUN is missing", at: "masksub plot", cure: "name the folder of a run", isUsage: true)
    }
    let records = try runs.flatMap { try RunRecord.all(in: $0) }
    for record in records where record.figure.panels.isEmpty {
      let isEmpty = record.log.steps.isEmpty
      throw InputError(
        isEmpty ? "nothing is logged yet" : "the log has no numbers that can be drawn", at: record.folder.metricsPath,
        cure: isEmpty ? "wait for its first line (log_every)" : "leave the run out")
    }
    if together {
      guard records.count <= PlotInk.seriesCount else {
        throw InputError(
          "there are only \(PlotInk.seriesCount) colours for \(records.count) runs", at: "--together",
          cure: "name fewer", isUsage: true)
      }
      return try draw(RunRecord.figure(of: records), output ?? ".", "together", context)
    }
    for record in records {
      let name = output == nil ? "curves" : FileSystem.name(record.folder.path)
      try draw(record.figure, output ?? record.folder.plotsPath, name, context)
    }
  }

  private func draw(_ figure: Figure, _ folder: String, _ name: String, _ context: ToolContext) throws {
    let (path, console) = (FileSystem.join(folder, name), context.console)
    try FileSystem.makeFolder(folder)
    try AtomicFile.write(figure.svg, to: "\(path).svg")
    try AtomicFile.write(figure.picture.pngData(), to: "\(path).png")
    context.noteBoxes(in: figure, path)
    if console.outputIsTerminal {
      let plot = TextPlot(width: min(console.width, 100), height: 13, console)
      for line in plot.lines(figure.panels[0]) { try console.print(styled: line) }
    }
    try console.print("\(path).svg and .png")
  }
}
