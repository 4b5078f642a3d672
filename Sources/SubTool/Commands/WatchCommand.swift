import SubCore
import SubTrain

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// `watch`: a running run's curves in the terminal.
struct WatchCommand: Command {
  static let name = "watch"
  static let summary = "shows a running run's curves in the terminal"
  static let discussion =
    "Draws them anew every few seconds until the run ends or Ctrl-C leaves it; the run is not disturbed. Without a terminal "
    + "they are drawn once."
  static let example = "masksub watch runs/glue-20260131-120000"
  static let section = CommandSection.evaluate

  @Argument("RUN", "the folder of the run") var run: String
  @Option("--every", value: "SECONDS", in: 1...3600, "how often it looks") var interval = 2

  func run(in context: ToolContext) throws {
    let console = context.console
    guard console.outputIsTerminal else {
      for line in try picture(RunRecord(run), console) { try console.print(styled: line) }
      return
    }
    while !Interruption.isRequested {
      let record = try RunRecord(run)
      let lines = try picture(record, console)
      // From the upper left corner, each line's rest and what is below cleared: nothing flickers.
      let text = lines.map { $0 + "\u{1b}[K\n" }.joined()
      try console.write(("\u{1b}[H" + text + "\u{1b}[J").utf8)
      try console.flush()
      if !record.folder.isAtWork { return }
      let wake = WallClock.seconds() + Double(interval)
      while WallClock.seconds() < wake, !Interruption.isRequested { usleep(50_000) }
    }
  }

  /// A head line and as many panels as there is room for.
  private func picture(_ record: RunRecord, _ console: Console) throws -> [String] {
    let panels = record.figure.panels
    let state =
      record.folder.isAtWork
      ? "at work" : record.summary == nil ? "stopped; --resume \(record.folder.path.shellWord) goes on" : "ended"
    let steps = record.steps.map { "\(record.step) of \($0) steps" } ?? "\(record.step) steps"
    let epoch = record.stepsPerEpoch.map { ", epoch \((Double(record.step) / Double(max(1, $0))).fixed(1))" } ?? ""
    let head = "\(record.title), \(record.method), seed \(record.seed): \(steps)\(epoch), \(state)".oneLine
    guard !panels.isEmpty else { return [head, "nothing is logged yet"] }
    let (width, height) = (console.width, console.height)
    let count = max(1, min(panels.count, 4, (height - 1) / 9))
    let plot = TextPlot(width: min(width, 120), height: min(16, max(7, (height - 2) / count)), console)
    return [console.outputStyle.bold(String(head.prefix(width)))] + panels.prefix(count).flatMap(plot.lines)
  }
}
