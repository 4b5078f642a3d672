import SubTool
import SubTrain
import Testing

@Suite struct ProgressTests {
  /// What `body` made a loop of 10 steps print, one step a second.
  private func printed(terminal: Bool, first: Int = 0, _ body: (Progress, (Double) -> Void) -> Void) -> String {
    var (error, now): ([UInt8], Double) = ([], 100)
    let console = Console(
      output: { _ in Issue.record("progress goes to standard error") }, error: { error.append(contentsOf: $0) },
      errorIsTerminal: terminal)
    let progress = Progress("glue", on: console, clock: { now })
    progress.begin(at: first, of: 10)
    body(progress, { now += $0 })
    return String(decoding: error, as: UTF8.self)
  }

  @Test func `without a terminal a plain line every five seconds and one at the end`() {
    var record = MetricsRecord(step: 1, epoch: 0, split: .train)
    (record.lossMain, record.lossSub, record.samplesPerSecond) = (0.5, 0.75, 32.04)
    let text = printed(terminal: false) { progress, wait in
      for step in 1...10 {
        wait(1)
        if step == 1 { progress.trained(record) }
        progress.updated(to: step)
      }
      progress.note("accuracy 0.9")
      progress.end()
    }
    #expect(
      text == """
        glue 5/10  loss 0.5000 / 0.7500  32.0 samples/s  0:05 left
        glue 10/10  loss 0.5000 / 0.7500  32.0 samples/s
        accuracy 0.9

        """)
  }

  @Test func `on a terminal a bar that is drawn over, with notes above it`() {
    let text = printed(terminal: true) { progress, wait in
      wait(1)
      progress.updated(to: 5)
      progress.updated(to: 6)  // too soon to draw
      progress.note("accuracy 0.9")
      progress.end()
    }
    let half = "\rglue [===============               ] 5/10  0:01 left\u{1b}[K"
    let later = "\rglue [==================            ] 6/10  0:01 left\u{1b}[K"
    #expect(text == half + "\r\u{1b}[Kaccuracy 0.9\n" + later + "\n")
  }

  @Test func `time left counts only the steps of this run`() {
    let text = printed(terminal: false, first: 8) { progress, wait in
      wait(60)
      progress.updated(to: 9)
    }
    #expect(text == "glue 9/10  1:00 left\n")
  }

  @Test(arguments: [(0.0, "0:00"), (42, "0:42"), (59.5, "1:00"), (3723, "1:02:03"), (.infinity, "?")])
  func `clock times`(_ seconds: Double, _ text: String) { #expect(seconds.clockTime == text) }

  @Test func `fixed decimals`() {
    #expect(0.125.fixed(1) == "0.1" && Float(2).fixed(3) == "2.000" && (-1e300).fixed(0).count == 302)
    #expect(Double.nan.fixed(2).hasSuffix("nan") && Float(1_234_567).significant(5) == "1.2346e+06")
  }
}
