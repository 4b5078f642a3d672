import SubTrain
import Testing

@testable import SubTool

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
    var record = MetricsRecord(step: 1, epoch: 0.2, split: .train)
    (record.loss, record.lossMean, record.lossMain, record.lossSub) = (0.625, 0.7, 0.5, 0.75)
    record.samplesPerSecond = 32.04
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
        glue step 5/10, epoch 1.0/2.0, loss 0.6250 (mean 0.7000), 32.0 samples/s, main 0.5000, sub 0.7500, 0:05 elapsed, 0:05 left
        glue step 10/10, epoch 2.0/2.0, loss 0.6250 (mean 0.7000), 32.0 samples/s, main 0.5000, sub 0.7500, 0:10 elapsed
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
    let half = "\rglue [===============               ] step 5/10, 0:01 elapsed, 0:01 left\u{1b}[K"
    let later = "\rglue [==================            ] step 6/10, 0:01 elapsed, 0:01 left\u{1b}[K"
    #expect(text == half + "\r\u{1b}[Kaccuracy 0.9\n" + later + "\n")
  }

  @Test func `on a narrow terminal the figures that matter least give way`() {
    var record = MetricsRecord(step: 1, epoch: 0.2, split: .train)
    (record.loss, record.lossMain, record.lossSub, record.samplesPerSecond) = (0.625, 0.5, 0.75, 32.04)
    let text = printed(terminal: true) { progress, wait in
      wait(1)
      progress.trained(record)
      progress.updated(to: 5)
    }
    // 100 columns: main and sub would take 112.
    #expect(
      text
        == "\rglue step 5/10, epoch 1.0/2.0, loss 0.6250, 32.0 samples/s, main 0.5000, 0:01 elapsed, 0:01 left\u{1b}[K")
  }

  @Test func `time left counts only the steps of this run`() {
    let text = printed(terminal: false, first: 8) { progress, wait in
      wait(60)
      progress.updated(to: 9)
    }
    #expect(text == "glue step 9/10, 1:00 elapsed, 1:00 left\n")
  }

  @Test(arguments: [(0.0, "0:00"), (42, "0:42"), (59.5, "1:00"), (3723, "1:02:03"), (.infinity, "?")])
  func `clock times`(_ seconds: Double, _ text: String) { #expect(seconds.clockTime == text) }

  @Test func `fixed decimals`() {
    #expect(0.125.fixed(1) == "0.1" && Float(2).fixed(3) == "2.000" && (-1e300).fixed(0).count == 302)
    #expect(Double.nan.fixed(2).hasSuffix("nan") && Float(1_234_567).significant(5) == "1.2346e+06")
  }
}
