import SubTrain

/// How far a run has come, on standard error: a bar on a terminal, elsewhere a plain line every few seconds.
final class Progress: Reporter {
  private let console: Console
  private let label: String
  private let clock: () -> Double
  private var total = 0
  private var first = 0
  private var start = 0.0
  private var shownAt = 0.0
  private var step = 0
  private var record: MetricsRecord?
  private var isRunning = false
  private var barIsShown = false
  private var shownStep: Int?

  /// Seconds between plain lines.
  private static let lineInterval = 5.0
  /// Seconds between two pictures of the bar.
  private static let barInterval = 0.1

  /// Progress under a label. `clock` gives seconds (tests bring their own).
  init(_ label: String, on console: Console, clock: @escaping () -> Double = WallClock.seconds) {
    (self.label, self.console, self.clock) = (label, console, clock)
  }

  /// Prints a line of its own, above the bar.
  func note(_ line: String) {
    hideBar()
    console.note(line)
    if isRunning, console.errorIsTerminal { show(at: clock()) }
  }

  func begin(at step: Int, of total: Int) {
    (first, self.step, self.total, isRunning) = (step, step, total, true)
    start = clock()
    shownAt = start
  }

  func trained(_ record: MetricsRecord) { self.record = record }

  /// Cheap where nothing is to be shown yet.
  func updated(to step: Int) {
    self.step = step
    let now = clock()
    if now - shownAt >= (console.errorIsTerminal ? Self.barInterval : Self.lineInterval) { show(at: now) }
  }

  func evaluated(_ evaluation: Evaluation, at step: Int) {
    note("step \(step)/\(total), evaluation: \(evaluation.summary)")
  }

  /// Shows the last state and ends the bar's line.
  func end() {
    if shownStep != step { show(at: clock()) }
    if barIsShown { console.writeError("\n") }
    (barIsShown, isRunning) = (false, false)
  }

  private func show(at now: Double) {
    (shownAt, shownStep) = (now, step)
    if console.isQuiet { return }
    let place = ["step \(step)/\(total)", epoch].compactMap { $0 }
    let times = ["\((now - start).clockTime) elapsed", timeLeft(at: now)].compactMap { $0 }
    var figures = record?.figures ?? []
    func line() -> String { (place + figures + times).joined(separator: ", ") }
    // On a narrow terminal the last figures give way, not the times.
    while console.errorIsTerminal, !figures.isEmpty, label.count + 1 + line().count > console.width {
      figures.removeLast()
    }
    let text = line()
    if console.errorIsTerminal {
      let room = console.width - text.count - label.count - 5
      let bar = room >= 10 ? "[\(bar(min(room, 30)))] " : ""
      console.writeError("\r\(label) \(bar)\(text)".prefix(max(20, console.width)) + "\u{1b}[K")
      barIsShown = true
    } else {
      console.note("\(label) \(text)")
    }
  }

  private func hideBar() {
    if barIsShown { console.writeError("\r\u{1b}[K") }
    barIsShown = false
  }

  private func bar(_ width: Int) -> String {
    let done = total > 0 ? min(width, max(0, width * step / total)) : width
    return String(repeating: "=", count: done) + String(repeating: " ", count: width - done)
  }

  /// The epochs done of all, with their fraction; nil before the first line of the log.
  private var epoch: String? {
    guard let record, record.step > 0 else { return nil }
    let share = record.epoch / Double(record.step)
    return "epoch \((share * Double(step)).fixed(1))/\((share * Double(total)).fixed(1))"
  }

  private func timeLeft(at now: Double) -> String? {
    guard step < total, step > first else { return nil }
    return "\(((now - start) / Double(step - first) * Double(total - step)).clockTime) left"
  }
}

extension Double {
  /// A time in seconds as a clock shows it: `0:42`, `1:02:03`.
  var clockTime: String {
    guard isFinite, self < 1e9 else { return "?" }
    let seconds = Int(rounded(.up))
    let padded = { (value: Int) in value < 10 ? "0\(value)" : "\(value)" }
    let (hours, minutes) = (seconds / 3600, seconds / 60 % 60)
    return (hours > 0 ? "\(hours):\(padded(minutes))" : "\(minutes)") + ":\(padded(seconds % 60))"
  }
}
