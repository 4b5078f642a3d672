import SubCore
import SubData
import SubTrain
import TestSupport
import Testing

@Suite struct RunFolderTests {
  private func error(_ body: () throws -> Void) -> String {
    do {
      try body()
      return "no error"
    } catch { return "\(error)" }
  }

  @Test func `without --output two runs of the same second get folders of their own`() throws {
    let folder = TemporaryFolder()
    let runs = try (0..<3).map { _ in try RunFolder.create(nil, command: "glue", runs: folder["runs"]) }
    #expect(Set(runs.map(\.path)).count == 3)
    #expect(runs.allSatisfy { FileSystem.name($0.path).hasPrefix("glue-20") && FileSystem.kind($0.path) == .folder })
  }

  @Test func `a folder with other files, a file, and a run are not overwritten`() throws {
    let folder = TemporaryFolder()
    try AtomicFile.write("x", to: folder["notes.txt"])
    #expect(
      error { _ = try RunFolder.create(folder.path, command: "glue") }
        == "the folder holds other files (\(folder.path)): choose another --output")
    #expect(error { _ = try RunFolder.create(folder["notes.txt"], command: "glue") }.hasPrefix("this is no folder"))
    let run = try RunFolder.create(folder["a/b"], command: "glue")
    try run.writeConfiguration(command: "glue", arguments: [], ["seed": 3])
    #expect(
      error { _ = try RunFolder.create(run.path, command: "glue") }
        == "the folder already holds a run (\(run.path)): add --resume to go on with it, or choose another --output")
  }

  /// The folder of a run that nobody is at work on any more.
  private static func ended(_ path: String) throws -> String {
    let run = try RunFolder.create(path, command: "glue")
    try run.writeConfiguration(command: "glue", arguments: ["glue", "--task", "cola"], ["seed": 3])
    return run.path
  }

  @Test func `a run is one process's at a time`() throws {
    let folder = TemporaryFolder()
    var run: RunFolder? = try RunFolder.create(folder["run"], command: "glue")
    #expect(run?.isLocked == true)
    // Nothing stands there yet, and still a second start is refused.
    #expect(error { _ = try RunFolder.create(folder["run"], command: "glue") }.contains("is at work on this run"))
    try run?.writeConfiguration(command: "glue", arguments: [], [:])
    #expect(
      error { _ = try RunFolder.open(output: folder["run"], resume: true, command: "glue") }.contains(
        "is at work on this run"))
    run = nil
    #expect(try RunFolder.open(output: folder["run"], resume: true, command: "glue").isLocked)
    #expect(error { _ = try RunFolder.create(folder["run"], command: "glue") }.contains("already holds a run"))
  }

  @Test func `a start that was killed does not block the next`() throws {
    let folder = TemporaryFolder()
    try FileSystem.makeFolder(folder["run/x.tmp-1-a"])
    try AtomicFile.write("", to: folder["run/.lock"])
    try AtomicFile.write("{", to: folder["run/config.json.tmp-7-1f"])
    let run = try RunFolder.create(folder["run"], command: "glue")
    #expect(try FileSystem.names(in: run.path) == [".lock"])
  }

  @Test func `resuming needs the folder of a run of the same command`() throws {
    let folder = TemporaryFolder()
    let run = try RunFolder.existing(Self.ended(folder["run"]))
    #expect(
      error { _ = try RunFolder.open(output: folder.path, resume: true, command: "glue") }.contains(
        "not the folder of a run"))
    #expect(try RunFolder.open(output: run.path, resume: true, command: "glue") == run)
    #expect(try run.configuration()["seed"]?.int == 3)
    #expect(
      error { _ = try RunFolder.open(output: run.path, resume: true, command: "train") }.contains(
        "made by masksub glue"))
    #expect(
      error { _ = try RunFolder.open(output: folder["none"], resume: true, command: "glue") }.contains("no such run"))
    #expect(throws: InputError.self) { try RunFolder.open(output: nil, resume: true, command: "glue") }
  }

  @Test func `the log has the promised keys in order, and a resumed run cuts it back`() throws {
    let folder = TemporaryFolder()
    let run = try RunFolder.create(folder["run"], command: "glue")
    let position: Int
    do {
      let log = try MetricsLog(in: run)
      var record = MetricsRecord(step: 10, epoch: 0.5, split: .train)
      (record.loss, record.lossMain, record.lossSub, record.learningRate) = (0.1, 0.2, .nan, 2e-5)
      (record.gradNorm, record.samplesPerSecond) = (1, 31.5)
      try log.append(record)
      position = log.position
      var later = MetricsRecord(step: 20, epoch: 1, split: .eval)
      later.metrics = [("accuracy", 0.75)]
      try log.append(later)
    }
    let first =
      #"{"step":10,"epoch":0.5,"split":"train","loss":0.1,"loss_main":0.2,"loss_sub":null,"lr":2e-05,"#
      + #""grad_norm":1.0,"samples_per_s":31.5}"# + "\n"
    let second = #"{"step":20,"epoch":1.0,"split":"eval","accuracy":0.75}"# + "\n"
    #expect(try TemporaryFolder.text(run.metricsPath) == first + second)
    #expect(position == first.utf8.count)

    let resumed = try MetricsLog(in: run, from: .init(step: 10, position: position))
    #expect(try TemporaryFolder.text(run.metricsPath) == first)
    try resumed.append(MetricsRecord(step: 11, epoch: 0.55, split: .train))
    #expect(try TemporaryFolder.text(run.metricsPath).hasPrefix(first + #"{"step":11"#))
    var notes: [String] = []
    _ = try MetricsLog(in: run, from: .init(step: 99, position: 10_000)) { notes.append($0) }
    #expect(notes.count == 1 && notes[0].contains("lines are missing"))
  }

  @Test func `the summary has the promised keys in order`() throws {
    let folder = TemporaryFolder()
    let run = try RunFolder.create(folder["run"], command: "glue")
    var summary = RunSummary(command: "glue", task: "cola", method: "masksub", seed: 42)
    summary.metrics = [("matthews_correlation", 0.5)]
    summary.best = (step: 100, metrics: [("matthews_correlation", 0.55)])
    (summary.seconds, summary.samplesPerSecond) = (12.5, 90)
    try run.writeSummary(summary)
    let json = try JSON.read(run.summaryPath)
    #expect(
      json.object?.keys
        == [
          "command", "task", "method", "seed", "metrics", "best", "seconds", "training_seconds", "samples_per_s",
          "peak_rss_mib",
        ])
    #expect(json["best"]?["step"]?.int == 100 && json["best"]?["matthews_correlation"]?.double == 0.55)
    #expect((json["peak_rss_mib"]?.int ?? 0) > 0)
  }
}
