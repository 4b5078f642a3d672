import SubCore
import SubData
import TestSupport
import Testing

@testable import SubTool

/// `compare`, `plot` and `watch` as they are typed.
@Suite(.serialized) struct CompareTests {
  private let folder = TemporaryFolder()
  private let few = [
    "compare", "glue", "--task", "cola", "--set", "max_steps=4", "--set", "batch_size=8", "--set", "save_every=2",
    "--set", "log_every=2", "--set", "evaluate_every=2",
  ]

  private func run(_ arguments: [String], after moment: String? = nil) -> ToolRun {
    ToolRun(arguments: arguments, interruptedAfter: moment)
  }

  private func weights(_ run: String) throws -> [UInt8] {
    try TemporaryFolder.bytes(folder["\(run)/checkpoints/4/model.safetensors"])
  }

  @Test func `methods and seeds are run, stopped, gone on with, and drawn`() throws {
    let whole = few + ["--methods", "baseline,masksub", "--seeds", "2", "--output", folder["whole"]]
    let first = run(whole)
    #expect(first.code == 0, "\(first.error)")
    #expect(first.output.hasPrefix("method    matthews_correlation") && first.output.contains("vs baseline"))
    #expect(first.output.split(separator: "\n").count == 4)
    let page = try TemporaryFolder.text(folder["whole/report.html"])
    #expect(page.contains("Validation: matthews_correlation") && page.contains("Gradient norm, sub-branch"))
    #expect(!page.contains("http://") && !page.contains("https://") && !page.contains(/\bnan\b/))
    for name in ["figure.svg", "figure.png", "runs.csv", "steps.csv"] {
      #expect(!(try TemporaryFolder.bytes(folder["whole/\(name)"])).isEmpty)
    }
    let rows = try TemporaryFolder.text(folder["whole/runs.csv"]).split(separator: "\n")
    #expect(rows.count == 5 && rows[0].hasPrefix("group,method,seed,run,ended,steps,matthews_correlation"))
    // Two lines of training and two evaluations of every run.
    #expect(try TemporaryFolder.text(folder["whole/steps.csv"]).split(separator: "\n").count == 17)
    let log = try TemporaryFolder.text(folder["whole/masksub-s2/metrics.jsonl"])
    #expect(log.contains("grad_norm_sub") && log.contains("loss_main_mean"))

    // The third run is stopped behind its first update, in the middle of a line of its log.
    let part = few + ["--methods", "baseline,masksub", "--seeds", "2", "--output", folder["part"]]
    let stopped = run(part, after: "method baseline, \(folder["part/baseline-s2"])")
    #expect(FileSystem.kind(folder["part/baseline-s2/checkpoints/1"]) == .folder)
    #expect(stopped.code == 130 && stopped.error.contains("2 of 4 runs are done. Go on with: masksub compare glue"))
    #expect(try TemporaryFolder.text(folder["part/report.html"]).contains("masksub"))
    let second = run(part)
    #expect(second.code == 0 && !second.error.contains("run 1 of 4") && second.error.contains("run 3 of 4"))
    for name in ["baseline-s1", "masksub-s1", "baseline-s2", "masksub-s2"] {
      #expect(try weights("part/\(name)") == weights("whole/\(name)"))
      #expect(try RunLog.lines(folder["part/\(name)"]) == RunLog.lines(folder["whole/\(name)"]))
    }
    // Done: it is only drawn again.
    let again = run(part)
    #expect(again.code == 0 && again.output == second.output && !again.error.contains("run 1 of"))

    let read = run(["compare", "--runs", folder["whole"], "--seeds", "1,2", "--output", folder["read"]])
    #expect(read.code == 0 && read.output.split(separator: "\n").count == 4, "\(read.error)")
    let metric = run(["compare", "--runs", folder["whole"], "--metric", "accuracy"])
    #expect(
      metric.code == 2 && metric.error.contains("no metric 'accuracy' (--metric): use one of matthews_correlation"))

    let other = run(few + ["--set", "lr=1e-3", "--output", folder["whole"]])
    #expect(other.code == 2 && other.error.contains("the folder holds the comparison of glue --task=cola"))

    let plot = run(["plot", folder["whole/masksub-s1"]])
    #expect(plot.code == 0 && plot.output.contains("plots/curves.svg"), "\(plot.error)")
    #expect(try TemporaryFolder.bytes(folder["whole/masksub-s1/plots/curves.png"]).starts(with: [0x89, 0x50]))
    let together = run(
      ["plot", "--together", "--output", folder["drawn"], folder["whole/baseline-s1"], folder["whole/masksub-s1"]])
    #expect(together.code == 0 && together.output.contains("drawn/together.svg"), "\(together.error)")
    let svg = try TemporaryFolder.text(folder["drawn/together.svg"])
    #expect(svg.contains(">2 runs</text>") && svg.contains(">Loss of the sub-branch</text>"))
    // A baseline has no sub-branch, and no curve there.
    #expect(svg.matches(of: />masksub-s1</).count == svg.matches(of: />baseline-s1</).count + 1)
    let within = run(few + ["--output", folder["whole/masksub-s1"]])
    #expect(within.code == 2 && within.error.contains(folder["whole/masksub-s1"]), "\(within.error)")
    let watch = run(["watch", folder["whole/masksub-s1"]])
    #expect(watch.code == 0 && watch.output.hasPrefix("glue cola, masksub, seed 1: 4 of 4 steps, epoch "))
    #expect(watch.output.contains("ended\nLoss in training  * main  + sub\n"), "\(watch.output)")
    let sent = run(["watch", folder["whole"]])
    #expect(sent.code == 1 && sent.error.contains("not the folder of a run"))
  }

  @Test func `what is wrong is said before anything starts`() {
    let wrong: [([String], String)] = [
      (["compare"], "neither COMMAND nor --runs"),
      (few + ["--methods", "baseline,maskin"], "--methods cannot be 'baseline,maskin'"),
      (few + ["--methods", "baseline,baseline"], "give different methods"),
      (few + ["--seeds", "0"], "--seeds cannot be '0'"), (few + ["--seeds", "1,1"], "different seeds"),
      (few + ["--method", "baseline"], "every run has its own --method"), (few + ["--seed", "3"], "--seeds says it"),

      (few + ["--no-such", "3"], "there is no option --no-such"),
      (few + ["--set", "lr"], "KEY=VALUE"), (["compare", "eval", "--from", "x"], "eval does not train"),
      (few + ["--methods", "baseline,dropsub", "--ratio", "0.3"], "none of the methods hides"),
      (few + ["--methods", "baseline,cosub"], "(--methods cosub): train with another stochastic depth"),
      (few + ["--runs", folder["x"]], "exclude each other"),
    ]
    for (arguments, text) in wrong {
      let result = run(arguments + (arguments.contains("--runs") ? [] : ["--output", folder["none"]]))
      #expect(result.code == 2 && result.error.contains(text), "\(arguments): \(result.error)")
    }
    #expect(FileSystem.kind(folder["none"]) == .absent)
    let absent = run(few + ["--data", folder["absent"], "--output", folder["failed"]])
    #expect(absent.code == 1 && absent.error.contains("absent"))
  }

  @Test func `a run that fails does not end the others`() throws {
    try FileSystem.makeFolder(folder["one"])
    try AtomicFile.write("no folder", to: folder["one/masking-s1"])
    let result = run(few + ["--methods", "baseline,masking,masksub", "--output", folder["one"]])
    #expect(result.code == 1 && result.error.contains("1 of 3 runs failed: masking with seed 1: "), "\(result.error)")
    #expect(result.output.split(separator: "\n").map { $0.prefix(7) } == ["method ", "baselin", "masksub", "report "])
    // Where that is remedied it alone is made.
    FileSystem.remove(folder["one/masking-s1"])
    let again = run(few + ["--methods", "baseline,masking,masksub", "--output", folder["one"]])
    #expect(again.code == 0 && again.error.contains("run 2 of 3") && !again.error.contains("run 3 of 3"))
    #expect(again.output.split(separator: "\n").count == 5)
  }

  @Test func `a ratio is hidden by the methods that hide, and of every run's evaluated inputs`() throws {
    let result = run(
      few + ["--methods", "baseline,masking,dropsub", "--ratio", "0.4", "--sub-weight", "0.3", "--output", folder["r"]])
    #expect(result.code == 0, "\(result.error)")
    func number(_ run: String, _ key: String) throws -> Double? {
      try JSON.read(folder["r/\(run)-s1/config.json"])[key]?.double
    }
    #expect(try number("masking", "ratio") == 0.4 && number("dropsub", "ratio") == 0.2)
    #expect(try number("dropsub", "sub_weight") == 0.3 && number("baseline", "ratio") == nil)
    for method in ["baseline", "masking", "dropsub"] {
      let json = try JSON.read(folder["r/\(method)-s1/config.json"])
      #expect(json["recipe"]?["method"]?["ratio"]?.double == 0.4)
    }
  }
}
