import SubCore
import SubData
import SubNN
import SubTrain
import TestSupport
import Testing

/// What a run writes, and how it goes on.
@Suite struct JournalTests {
  private let folder = TemporaryFolder()

  private func run(_ name: String) throws -> RunFolder { try RunFolder.create(folder[name], command: "points") }

  private func checkpoint(_ run: RunFolder, _ step: Int) throws -> [[UInt8]] {
    try ["model", "optimizer"].map { try TemporaryFolder.bytes("\(run.checkpointsPath)/\(step)/\($0).safetensors") }
  }

  /// A subject that evaluates to the number of its updates.
  private func subject(_ evaluation: @escaping () throws -> Evaluation = { Evaluation(loss: 1) }) -> PointClasses {
    PointClasses { _ in try evaluation() }
  }

  @Test func `checkpoints and lines come when they are due`() throws {
    let all = try run("all")
    try subject().trainer(in: all) { $0.keep = 9 }.train()
    #expect(try FileSystem.names(in: all.checkpointsPath).sorted() == ["10", "3", "6", "9"])
    let lines = try RunLog.lines(all.path)
    #expect(lines.count == 13 && lines.filter { $0.contains(#""split":"eval""#) }.count == 3)
    #expect(lines[0].hasPrefix(#"{"step":1,"epoch":0.16666666666666666,"split":"train","loss":"#))
    #expect(!lines[0].contains("grad_norm_main"))

    let one = try run("one")
    try subject().trainer(in: one) { ($0.logEvery, $0.saveEvery, $0.evaluateEvery, $0.analyze) = (4, 0, 0, true) }
      .train()
    #expect(try FileSystem.names(in: one.checkpointsPath) == ["10"])
    #expect(
      try RunLog.lines(one.path).count == 4 && RunLog.lines(one.path)[0].contains("grad_norm_main")
        && RunLog.lines(one.path)[0].contains("grad_norm_sub"))
    #expect(try checkpoint(one, 10) == checkpoint(all, 10))
  }

  @Test func `a line has the means since the last one beside the newest batch, over an interruption, too`() throws {
    let (each, few, cut) = (try run("each"), try run("few"), try run("cut"))
    try subject().trainer(in: each) { $0.logEvery = 1 }.train()
    func sparse(_ settings: inout LoopSettings) { (settings.logEvery, settings.saveEvery, settings.keep) = (5, 3, 9) }
    try subject().trainer(in: few, sparse).train()
    func values(_ run: RunFolder, _ key: String) throws -> [Double] {
      try RunLog.objects(run.path).filter { $0["split"]?.string == "train" }
        .compactMap { $0[key]?.double }
    }
    let all = try values(each, "loss_main")
    #expect(try all.count == 10 && values(each, "loss_main_mean") == all)
    let means = try values(few, "loss_main_mean")
    for (mean, line) in zip(means, [all[0..<5], all[5..<10]]) {
      #expect(abs(mean - line.reduce(0, +) / 5) < 1e-6)
    }
    #expect(try means.count == 2 && values(few, "loss_main") == [all[4], all[9]])
    // Killed behind the checkpoint of step 9, four updates into its line.
    try subject().trainer(in: cut, sparse).train()
    FileSystem.remove("\(cut.checkpointsPath)/10")
    try subject().trainer(in: cut, sparse).train(resuming: true)
    #expect(try RunLog.lines(cut.path) == RunLog.lines(few.path))
  }

  @Test func `a run that is resumed has the bits of one that was never interrupted`() throws {
    let (whole, cut) = (try run("whole"), try run("cut"))
    try subject().trainer(in: whole).train()
    try subject().trainer(in: cut) { $0.keep = 9 }.train()
    // As if it had been killed behind step 7: what came later is gone, the log has lines too many.
    for step in [9, 10] { FileSystem.remove("\(cut.checkpointsPath)/\(step)") }
    let diary = subject()
    try diary.trainer(in: cut).train(resuming: true)
    #expect(try checkpoint(cut, 10) == checkpoint(whole, 10) && RunLog.lines(cut.path) == RunLog.lines(whole.path))
    #expect(try FileSystem.names(in: cut.checkpointsPath) == ["10"])
    // A finished run that is resumed has nothing to do but to look.
    let (final, position) = try subject().trainer(in: cut).train(resuming: true)
    #expect(final.loss == 1 && position.step == 10 && position.batches == 10)
    #expect(try RunLog.lines(cut.path) == RunLog.lines(whole.path))
  }

  @Test func `an interruption ends with a checkpoint and says where`() throws {
    let (whole, stopped) = (try run("whole"), try run("stopped"))
    try subject().trainer(in: whole).train()
    let error = Interruption.$simulated.withValue(.init()) {
      #expect(throws: Interruption.self) { try subject().trainer(in: stopped) { $0.logEvery = 10 }.train() }
    }
    #expect(error?.cure == "1 steps are saved in \(stopped.path).")
    try subject().trainer(in: stopped).train(resuming: true)
    #expect(try checkpoint(stopped, 10) == checkpoint(whole, 10))
    // Without a folder there is nothing to go on from.
    let lost = Interruption.$simulated.withValue(.init()) {
      #expect(throws: Interruption.self) { try subject().trainer().train() }
    }
    #expect(lost?.cure == "")
  }

  @Test func `a signal between the batches of an update leaves what stood before it`() throws {
    let (whole, stopped) = (try run("whole"), try run("stopped"))
    func parts(_ settings: inout LoopSettings) { (settings.accumulation, settings.stepsPerEpoch) = (3, 2) }
    try subject().trainer(steps: 6, in: whole, parts).train()
    // The eighth batch is the second of the third update.
    let signal = Interruption.Simulated(raised: false)
    let broken = PointClasses { _ in
      Evaluation(loss: 1)
    } taking: { batch in
      if batch == 8 { signal.raise() }
    }
    let error = Interruption.$simulated.withValue(signal) {
      #expect(throws: Interruption.self) { try broken.trainer(steps: 6, in: stopped, parts).train() }
    }
    #expect(error?.cure == "2 steps are saved in \(stopped.path).")
    try subject().trainer(steps: 6, in: stopped, parts).train(resuming: true)
    #expect(
      try checkpoint(stopped, 6) == checkpoint(whole, 6) && RunLog.lines(stopped.path) == RunLog.lines(whole.path))
  }

  @Test func `an evaluation that is interrupted is made up for first`() throws {
    let (whole, owing) = (try run("whole"), try run("owing"))
    try subject().trainer(in: whole).train()
    let first = subject {
      throw Interruption()
    }
    #expect(throws: Interruption(cure: "4 steps are saved in \(owing.path).", run: owing.path)) {
      try first.trainer(in: owing).train()
    }
    #expect(try RunLog.lines(owing.path).count == 4)
    let again = subject { throw Interruption() }
    #expect(throws: Interruption(cure: "4 steps are saved in \(owing.path).", run: owing.path)) {
      try again.trainer(in: owing).train(resuming: true)
    }
    try subject().trainer(in: owing).train(resuming: true)
    #expect(try RunLog.lines(owing.path) == RunLog.lines(whole.path) && checkpoint(owing, 10) == checkpoint(whole, 10))
  }

  @Test func `weights that are no numbers replace no checkpoint`() throws {
    let wild = try run("wild")
    let error = #expect(throws: InputError.self) {
      try subject().trainer(in: wild, lr: 3e37) { ($0.saveEvery, $0.logEvery) = (1, 7) }.train()
    }
    #expect(error?.what.contains("no longer finite") == true && error?.place.hasPrefix("step") == true)
    for step in try FileSystem.names(in: wild.checkpointsPath) {
      let file = try TensorFile.open("\(wild.checkpointsPath)/\(step)/model.safetensors")
      #expect(try file.names.allSatisfy { try file.array(named: $0).floats().allSatisfy(\.isFinite) })
    }
  }

  @Test func `the best evaluation is remembered, over an interruption, too`() throws {
    let best = try run("best")
    let figures = [0.5, 0.75, 0.25]
    let subject = PointClasses { Evaluation(metrics: [("right", figures[$0 - 1])]) }
    let first = try subject.trainer(steps: 8, in: best) { $0.bestMetrics = ["right"] }.train()
    #expect(first.position.best?.step == 8 && first.position.best?.value == 0.75)
    let later = PointClasses { _ in Evaluation(metrics: [("right", 0.25)]) }
    let second = try later.trainer(steps: 9, in: best) { $0.bestMetrics = ["right"] }.train(resuming: true)
    #expect(second.position.best?.step == 8 && second.final.metrics[0].value == 0.25)
    #expect(second.position.elapsed > 0 && second.position.samples > first.position.samples)
  }

  @Test func `a checkpoint of other weights is refused`() throws {
    let run = try run("run")
    try subject().trainer(in: run).train()
    let model = "\(run.checkpointsPath)/10/model.safetensors"
    try Safetensors.write(
      [(name: "weight", array: HostArray([Float](repeating: 0, count: 12), shape: [3, 4]))], to: model)
    #expect(throws: InputError.self) { try subject().trainer(steps: 12, in: run).train(resuming: true) }
  }
}
