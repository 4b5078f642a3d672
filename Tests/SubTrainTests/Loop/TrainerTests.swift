import SubCore
import SubNN
import SubTrain
import Testing

@Suite struct TrainerTests {
  @Test func `arrays in memory train without a folder, and the same seed gives the same bits`() throws {
    let (one, two, other) = (PointClasses(), PointClasses(), PointClasses())
    let before = one.weights
    let (final, position) = try one.trainer().train()
    #expect(final.isEmpty && position.step == 10 && position.batches == 10 && one.weights != before)
    // Two epochs of 22 points in batches of four: the last of each has two.
    #expect(position.samples == 22 + 16)
    try two.trainer().train()
    try other.trainer(DropSub(ratio: 0.5)).train()
    #expect(one.weights == two.weights && one.weights != other.weights)
  }

  @Test func `batches whose gradients are summed make one update`() throws {
    let subject = PointClasses()
    let position = try subject.trainer(steps: 4) { ($0.accumulation, $0.clipNorm) = (3, 0.1) }.train().position
    #expect(position.step == 4 && position.batches == 12)
  }

  /// transformers' Trainer: 6 batches of an epoch in fours are updates of four and of two, never of two epochs.
  @Test func `an epoch ends with an update of the batches that are left`() throws {
    let subject = PointClasses()
    let position = try subject.trainer(steps: 4) { $0.accumulation = 4 }.train().position
    #expect(position.step == 4 && position.batches == 12 && position.samples == 44)
    // Gradients are means over the batches that there are: two batches in fours are one update of both.
    let (whole, cut) = (PointClasses(), PointClasses())
    try whole.trainer(steps: 1) { $0.accumulation = 6 }.train()
    try cut.trainer(steps: 1) { $0.accumulation = 9 }.train()
    #expect(whole.weights == cut.weights)
  }

  @Test func `a reporter hears of every step in order`() throws {
    let diary = Diary()
    let subject = PointClasses { Evaluation(metrics: [("right", Double($0))], loss: 0.5) }
    let (final, _) = try subject.trainer(steps: 5, reporter: diary) { $0.logEvery = 2 }.train()
    #expect(
      diary.lines == [
        "begin 0/5", "updated 1", "trained 2", "updated 2", "updated 3", "trained 4", "updated 4",
        "evaluated 4: right 1.0000, loss 0.5000", "trained 5", "updated 5", "evaluated 5: right 2.0000, loss 0.5000",
        "end",
      ])
    #expect(final.metrics[0].value == 2)

    var lines: [String] = []
    try PointClasses { _ in Evaluation(loss: 0.25) }
      .trainer(steps: 1, reporter: LineReporter { lines.append($0) }).train()
    #expect(lines.count == 2 && lines[0].hasPrefix("step 1/1  loss ") && lines[0].contains(" samples/s"))
    #expect(lines[1] == "step 1/1, evaluation: loss 0.2500")
  }

  @Test func `the learning rate is that of the update, the gradient is clipped`() throws {
    let (free, still) = (PointClasses(), PointClasses())
    let before = still.weights
    try still.trainer(lr: 0).train()
    try free.trainer().train()
    #expect(still.weights == before && free.weights != before)
  }
}

/// Writes down what it is told.
private final class Diary: Reporter {
  var lines: [String] = []

  func begin(at step: Int, of total: Int) { lines.append("begin \(step)/\(total)") }
  func trained(_ record: MetricsRecord) { lines.append("trained \(record.step)") }
  func updated(to step: Int) { lines.append("updated \(step)") }
  func evaluated(_ evaluation: Evaluation, at step: Int) { lines.append("evaluated \(step): \(evaluation.summary)") }
  func end() { lines.append("end") }
}
