/// How far a loop has come, on standard error: a bar on a terminal, elsewhere a plain line every few seconds.
public final class Progress {
  /// What stands beside the step count; what is nil keeps its last value.
  public struct Reading: Sendable, Equatable {
    /// The main branch's loss.
    public var lossMain: Float?
    /// The sub-branch's loss.
    public var lossSub: Float?
    /// Training samples per second.
    public var samplesPerSecond: Double?

    /// A reading; leave out what is not known.
    public init(lossMain: Float? = nil, lossSub: Float? = nil, samplesPerSecond: Double? = nil) {
      (self.lossMain, self.lossSub, self.samplesPerSecond) = (lossMain, lossSub, samplesPerSecond)
    }
  }

  private let console: Console
  private let label: String
  private let total: Int
  private let first: Int
  private let clock: () -> Double
  private let start: Double
  private var shownAt: Double
  private var step: Int
  private var reading = Reading()
  private var barIsShown = false
  private var shownStep: Int?

  /// Seconds between plain lines.
  private static let lineInterval = 5.0
  /// Seconds between two pictures of the bar.
  private static let barInterval = 0.1

  /// A loop of `total` steps of which `first` are done already. `clock` gives seconds (tests bring their own).
  public init(
    _ label: String, total: Int, first: Int = 0, console: Console, clock: @escaping () -> Double = WallClock.seconds
  ) {
    (self.label, self.total, self.first, self.console, self.clock) = (label, total, first, console, clock)
    (start, step) = (clock(), first)
    shownAt = start
  }

  /// After every step; cheap where nothing is to be shown yet. `step` counts the steps that are done.
  public func update(step: Int, _ new: Reading = Reading()) {
    self.step = step
    reading.lossMain = new.lossMain ?? reading.lossMain
    reading.lossSub = new.lossSub ?? reading.lossSub
    reading.samplesPerSecond = new.samplesPerSecond ?? reading.samplesPerSecond
    let now = clock()
    if now - shownAt >= (console.errorIsTerminal ? Self.barInterval : Self.lineInterval) { show(at: now) }
  }

  /// Prints a line of its own, the result of an evaluation for instance, above the bar.
  public func note(_ line: String) {
    hideBar()
    console.note(line)
    if console.errorIsTerminal { show(at: clock()) }
  }

  /// Shows the last state and ends the bar's line.
  public func finish() {
    if shownStep != step { show(at: clock()) }
    if barIsShown { console.writeError("\n") }
    barIsShown = false
  }

  private func show(at now: Double) {
    (shownAt, shownStep) = (now, step)
    let text = "\(step)/\(total)" + facts(at: now)
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

  private func facts(at now: Double) -> String {
    var text = ""
    if let main = reading.lossMain {
      text += "  loss \(main.fixed(4))" + (reading.lossSub.map { " / \($0.fixed(4))" } ?? "")
    }
    if let rate = reading.samplesPerSecond { text += "  \(rate.fixed(rate < 100 ? 1 : 0)) samples/s" }
    if step < total, step > first {
      text += "  \(((now - start) / Double(step - first) * Double(total - step)).clockTime) left"
    }
    return text
  }
}
