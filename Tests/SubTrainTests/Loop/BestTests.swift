import SubCore
import SubData
import SubTrain
import TestSupport
import Testing

/// The checkpoint of the best evaluation, and runs that end where none gets better.
@Suite struct BestTests {
  private let folder = TemporaryFolder()

  private func run(_ name: String) throws -> RunFolder { try RunFolder.create(folder[name], command: "points") }

  /// A subject whose evaluations, at every update, find these figures in turn.
  private func subject(_ figures: [Double], after done: Int = 0) -> PointClasses {
    PointClasses { Evaluation(metrics: [("right", figures[done + $0 - 1])]) }
  }

  private func settings(_ settings: inout LoopSettings) {
    (settings.evaluateEvery, settings.saveEvery, settings.bestMetrics) = (1, 3, ["missing", "right"])
  }

  @Test func `the best checkpoint stays beside the newest`() throws {
    let (best, plain) = (try run("best"), try run("plain"))
    let figures = [0.1, 0.5, 0.3, 0.4, 0.9, 0.2, 0.3, 0.3]
    try subject(figures).trainer(steps: 8, in: best) {
      settings(&$0)
      $0.keepsBest = true
    }.train()
    try subject(figures).trainer(steps: 8, in: plain) { settings(&$0) }.train()
    #expect(try FileSystem.names(in: best.checkpointsPath) == ["5", "8"])
    #expect(FileSystem.destination(best.bestPath) == "\(best.path)/checkpoints/5")
    #expect(FileSystem.kind(plain.bestPath) == .absent)
    // That it was written has no influence on what follows.
    let bytes = try [best, plain].map { try TemporaryFolder.bytes("\($0.checkpointsPath)/8/optimizer.safetensors") }
    #expect(bytes[0] == bytes[1])

    // A model that --from takes, held while it is in use.
    let standing = try Checkpoint.standing(for: best.bestPath)
    #expect(standing.path == "\(best.path)/checkpoints/5")
    #expect(try FileLock(standing.path, .exclusive) == nil)
    withExtendedLifetime(standing) {}
    for path in [best.bestPath, "\(best.checkpointsPath)/8", "\(best.checkpointsPath)/8/model.safetensors"] {
      // The runs of these tests have no config.json.
      #expect(RunFolder.around(path) == nil)
    }
    try best.writeConfiguration(command: "points", arguments: [], [:])
    for path in [best.path, best.bestPath, "\(best.checkpointsPath)/8", "\(best.checkpointsPath)/8/model.safetensors"] {
      #expect(RunFolder.around(path)?.path == best.path, "\(path)")
    }
    #expect(RunFolder.around(folder["other.safetensors"]) == nil)
  }

  @Test func `a run ends behind so many evaluations without a better one, resumed or not`() throws {
    let figures = [0.1, 0.5, 0.5, 0.4, 0.3, 0.9, 0.2, 0.3]
    func change(_ settings: inout LoopSettings) {
      self.settings(&settings)
      settings.patience = 3
    }
    let whole = try run("whole")
    var lines: [String] = []
    let (final, position) = try subject(figures).trainer(
      steps: 8, in: whole, reporter: LineReporter { lines.append($0) }, change
    ).train()
    #expect(position.step == 5 && position.sinceBest == 3 && position.best?.step == 2)
    #expect(final.metrics[0].value == 0.3)
    #expect(lines.contains { $0.hasPrefix("ended at step 5 of 8: 3 evaluations were no better than that of step 2") })
    #expect(try FileSystem.names(in: whole.checkpointsPath) == ["5"])

    // Interrupted behind the third update, it ends where it would have.
    let parts = try run("parts")
    #expect(throws: Interruption.self) {
      try Interruption.$simulated.withValue(Interruption.Simulated()) {
        try subject(figures).trainer(steps: 8, in: parts, change).train()
      }
    }
    let rest = try subject(figures, after: 1).trainer(steps: 8, in: parts, change).train(resuming: true)
    #expect(rest.position.step == 5 && rest.position.sinceBest == 3)
    let bytes = try [whole, parts].map { try TemporaryFolder.bytes("\($0.checkpointsPath)/5/optimizer.safetensors") }
    #expect(bytes[0] == bytes[1])

    // Ended, it ends again at once; more patience goes on.
    #expect(try subject([0.3]).trainer(steps: 8, in: whole, change).train(resuming: true).position.step == 5)
    let more = try subject(figures, after: 5).trainer(steps: 8, in: whole) {
      change(&$0)
      $0.patience = 4
    }
    .train(resuming: true)
    #expect(more.position.step == 8 && more.position.best?.step == 6)
  }

  @Test func `an evaluation that is no number is never the best, and tries the patience`() throws {
    let some = try run("numbers")
    let (_, position) = try subject([.nan, 0.1, .nan, .infinity, 0.05]).trainer(steps: 5, in: some) {
      settings(&$0)
      $0.keepsBest = true
    }.train()
    #expect(position.best?.step == 2 && position.best?.value == 0.1 && position.sinceBest == 3)
    #expect(FileSystem.destination(some.bestPath) == "\(some.path)/checkpoints/2")

    // Without any number a run ends too, and ends again where it is resumed.
    let none = try run("no-numbers")
    var lines: [String] = []
    for evaluations in [3, 1] {
      let figures = Array(repeating: Double.nan, count: evaluations)
      let (_, position) = try subject(figures).trainer(
        steps: 8, in: none, reporter: LineReporter { lines.append($0) }
      ) {
        settings(&$0)
        $0.patience = 3
      }.train(resuming: evaluations == 1)
      #expect(position.step == 3 && position.sinceBest == 3 && position.best == nil)
    }
    #expect(lines.contains("ended at step 3 of 8: 3 evaluations found no number to go by (patience)"))
  }

  @Test func `an evaluation that no best can be told by is said`() throws {
    let error = #expect(throws: InputError.self) {
      try PointClasses { _ in Evaluation(loss: 1) }.trainer(in: run("none")) {
        settings(&$0)
        $0.keepsBest = true
      }
      .train()
    }
    #expect(error?.description.contains("none of the metrics by which the best is told (missing, right)") == true)
  }
}
