import Foundation
import SubCore
import SubData
import SubTrain
import TestSupport
import Testing
import TinyNetworks

@testable import SubTool

/// `glue` as it is typed, on the embedded sample.
@Suite(.serialized) struct GlueTests {
  private let folder = TemporaryFolder()
  private let few = [
    "glue", "--task", "cola", "--set", "max_steps=6", "--set", "batch_size=8", "--set", "save_every=2",
    "--set", "log_every=1", "--set", "evaluate_every=3",
  ]

  private func weights(_ run: String, step: Int = 6) throws -> [UInt8] {
    try bytes("\(run)/checkpoints/\(step)/model.safetensors")
  }

  private func bytes(_ path: String) throws -> [UInt8] { Array(try Data(contentsOf: URL(fileURLWithPath: path))) }

  @Test func `a run leaves its folder, and the same seed gives the same bits`() throws {
    for (name, method) in [("a", "masksub"), ("b", "masksub"), ("c", "dropsub"), ("d", "baseline")] {
      let run = ToolRun(arguments: few + ["--method", method, "--seed", "3", "--output", folder[name]])
      #expect(run.code == 0, "\(run.error)")
      #expect(run.output.contains("matthews_correlation"))
    }
    #expect(try weights(folder["a"]) == weights(folder["b"]))
    #expect(try RunLog.lines(folder["a"]) == RunLog.lines(folder["b"]))
    #expect(try weights(folder["a"]) != weights(folder["c"]))
    #expect(try weights(folder["a"]) != weights(folder["d"]))
    let lines = try RunLog.lines(folder["a"])
    #expect(lines.count == 8 && lines[0].contains("loss_sub") && lines[0].contains("grad_norm"))
    let summary = try JSON.read(folder["a"] + "/summary.json")
    #expect(summary["task"]?.string == "cola" && summary["metrics"]?["matthews_correlation"]?.double != nil)
    #expect(try JSON.read(folder["a"] + "/config.json")["recipe"]?["loop"]?["batch_size"]?.int == 8)
  }

  @Test func `a resumed run has the bits of one that was never interrupted`() throws {
    let whole = ToolRun(arguments: few + ["--output", folder["whole"]])
    #expect(whole.code == 0, "\(whole.error)")
    let first = ToolRun(arguments: few + ["--set", "max_steps=6", "--output", folder["cut"], "--keep", "9"])
    #expect(first.code == 0)
    // As if it had been killed after step 4's checkpoint: what came later is gone, the log has a line too many.
    try FileManager.default.removeItem(atPath: folder["cut"] + "/checkpoints/6")
    let second = ToolRun(arguments: few + ["--output", folder["cut"], "--resume"])
    #expect(second.code == 0, "\(second.error)")
    #expect(try weights(folder["cut"]) == weights(folder["whole"]))
    #expect(
      try bytes(folder["cut"] + "/checkpoints/6/optimizer.safetensors")
        == bytes(folder["whole"] + "/checkpoints/6/optimizer.safetensors"))
    #expect(try RunLog.lines(folder["cut"]) == RunLog.lines(folder["whole"]))
  }

  @Test func `an interrupt finishes the step, saves, and says how to go on`() throws {
    let output = folder["stopped"]
    let run = Interruption.$simulated.withValue(.init()) { ToolRun(arguments: few + ["--output", output]) }
    #expect(run.code == 130)
    #expect(run.error.contains("--resume") && run.error.contains(output))
    let resumed = ToolRun(arguments: few + ["--output", output, "--resume"])
    #expect(resumed.code == 0, "\(resumed.error)")
    let whole = ToolRun(arguments: few + ["--output", folder["unstopped"]])
    #expect(whole.code == 0)
    #expect(try weights(output) == weights(folder["unstopped"]))
  }

  @Test func `an evaluation that an interrupt ends is made up for`() throws {
    let each = few + ["--set", "evaluate_every=1"]
    let output = folder["owing"]
    let run = Interruption.$simulated.withValue(.init()) { ToolRun(arguments: each + ["--output", output]) }
    #expect(run.code == 130 && run.error.contains("--resume"), "\(run.error)")
    #expect(try RunLog.lines(output).count == 1)
    // A process that was killed while it saved leaves this behind.
    try FileManager.default.createDirectory(
      atPath: output + "/checkpoints/1.tmp-4711", withIntermediateDirectories: false)
    let resumed = ToolRun(arguments: each + ["--output", output, "--resume"])
    #expect(resumed.code == 0, "\(resumed.error)")
    let whole = ToolRun(arguments: each + ["--output", folder["paid"]])
    #expect(whole.code == 0)
    #expect(try RunLog.lines(output) == RunLog.lines(folder["paid"]))
    #expect(try weights(output) == weights(folder["paid"]))
    #expect(try FileManager.default.contentsOfDirectory(atPath: output + "/checkpoints") == ["6"])
  }

  @Test func `weights that are no numbers replace no checkpoint`() throws {
    let run = ToolRun(
      arguments: few + [
        "--set", "lr=1e30", "--set", "save_every=1", "--set", "log_every=5", "--output", folder["wild"],
      ])
    #expect(run.code == 1 && run.error.contains("no longer finite"), "\(run.error)")
    for step in try FileManager.default.contentsOfDirectory(atPath: folder["wild"] + "/checkpoints") {
      let file = try TensorFile.open(folder["wild"] + "/checkpoints/\(step)/model.safetensors")
      #expect(try file.names.allSatisfy { try file.array(named: $0).floats().allSatisfy(\.isFinite) })
    }
  }

  @Test func `a run that ended before its first line goes on`() throws {
    let first = ToolRun(arguments: few + ["--output", folder["early"]])
    #expect(first.code == 0)
    for name in ["metrics.jsonl", "checkpoints", "tensorboard", "summary.json"] {
      try FileManager.default.removeItem(atPath: folder["early"] + "/" + name)
    }
    let resumed = ToolRun(arguments: few + ["--output", folder["early"], "--resume"])
    #expect(resumed.code == 0, "\(resumed.error)")
  }

  @Test func `a run is a model for the next one, and predictions are a submission`() throws {
    let first = ToolRun(arguments: few + ["--output", folder["first"], "--predict"])
    #expect(first.code == 0, "\(first.error)")
    let submission = try String(contentsOfFile: folder["first"] + "/CoLA.tsv", encoding: .utf8)
    #expect(submission.hasPrefix("index\tprediction\n0\t") && submission.split(separator: "\n").count == 101)
    let second = ToolRun(arguments: few + ["--from", folder["first"], "--output", folder["second"]])
    #expect(second.code == 0, "\(second.error)")
    let converted = ToolRun("convert", folder["first"], folder["hf.safetensors"], "--names", "hf")
    #expect(converted.code == 0, "\(converted.error)")
    #expect(
      try Set(TensorFile.open(folder["hf.safetensors"]).names)
        == Set(TensorFile.open(folder["first"] + "/checkpoints/6").names))
  }

  @Test func `wrong input is one clear line and leaves nothing behind`() throws {
    let data = folder["data"]
    try FileManager.default.createDirectory(atPath: data, withIntermediateDirectories: true)
    func write(_ text: String) throws {
      for name in ["train.tsv", "dev.tsv"] {
        try text.write(toFile: "\(data)/\(name)", atomically: true, encoding: .utf8)
      }
    }
    let output = folder["never"]
    let base = ["glue", "--task", "cola", "--data", data, "--output", output]
    for (text, hint) in [
      ("", "empty"), ("x\t1\n", "line 1"), ("x\t7\t\tA sentence.\n", "line 1"),
      ("x\t1\t\tGood.\nx\tz\t\tBad.\n", "line 2"),
    ] {
      try write(text)
      let run = ToolRun(arguments: base)
      #expect(run.code == 1 && run.error.hasPrefix("masksub: error: ") && run.error.contains(hint), "\(run.error)")
      #expect(run.error.split(separator: "\n").count == 1)
    }
    // A test split that is not there is missed before the training, not after it.
    try write("x\t1\t\tGood.\n")
    let untested = ToolRun(arguments: base + ["--predict"])
    #expect(untested.code == 1 && untested.error.contains("test.tsv") && !untested.error.contains("steps"))
    for (arguments, code) in [
      (["glue", "--task", "kola"], 2), (["glue"], 2), (["glue", "--task", "cola", "--set", "lernrate=1"], 2),
      (["glue", "--task", "cola", "--set", "lr=fast"], 2), (["glue", "--task", "cola", "--method", "mask"], 2),
      (["glue", "--task", "sst2"], 2), (["glue", "--task", "cola", "--data", folder["absent"]], 1),
      (["glue", "--task", "cola", "--from", folder["absent"]], 1),
    ] {
      let run = ToolRun(arguments: arguments + ["--output", output])
      #expect(run.code == Int32(code), "\(arguments): \(run.error)")
      #expect(run.error.hasPrefix("masksub: error: "))
    }
    #expect(!FileManager.default.fileExists(atPath: output))
  }

  @Test(arguments: [
    "batch_size=0", "eval_batch_size=-5", "accumulation=0", "warmup_ratio=1e30", "max_length=-3", "adam.beta1=2",
    "adam.epsilon=0", "lr=-1", "weight_decay=-1", "max_steps=-1", "epochs=0", "log_every=0", "clip_norm=-1",
  ]) func `a setting that no run can have is refused`(setting: String) {
    let run = ToolRun(arguments: ["glue", "--task", "cola", "--set", setting, "--output", folder["never3"]])
    let key = setting.split(separator: "=")[0]
    #expect(run.code == 2 && run.error.contains("--set") && run.error.contains(key), "\(run.error)")
    #expect(!FileManager.default.fileExists(atPath: folder["never3"]))
  }

  @Test func `a run is resumed as the run that it is`() throws {
    let first = ToolRun(arguments: few + ["--output", folder["begun"]])
    #expect(first.code == 0, "\(first.error)")
    for (other, key) in [
      (["--method", "baseline"], "method"), (["--set", "lr=0.5"], "recipe.optimizer.lr"), (["--seed", "4"], "seed"),
      (["--ratio", "0.3"], "ratio"),
    ] {
      let run = ToolRun(arguments: few + other + ["--output", folder["begun"], "--resume"])
      #expect(run.code == 2 && run.error.contains("begun with \(key)"), "\(run.error)")
    }
    let longer = ToolRun(
      arguments: few + ["--set", "max_steps=7", "--set", "save_every=7", "--output", folder["begun"], "--resume"])
    #expect(longer.code == 0, "\(longer.error)")
  }

  @Test func `an evaluation takes the classifier that is there, row by row as it is named`() throws {
    let first = ToolRun(arguments: few + ["--output", folder["trained"]])
    #expect(first.code == 0, "\(first.error)")
    let model = folder["trained"] + "/checkpoints/6"
    func loss() throws -> String {
      let run = ToolRun("eval", "--task", "cola", "--from", model)
      #expect(run.code == 0, "\(run.error)")
      return try #require(run.output.split(separator: "\n").map(String.init).first { $0.hasPrefix("loss") })
    }
    let before = try loss()
    let config = try String(contentsOfFile: model + "/config.json", encoding: .utf8)
    let renamed = config.replacingOccurrences(of: "\"0\": \"unacceptable\"", with: "\"0\": \"Acceptable\"")
      .replacingOccurrences(of: "\"1\": \"acceptable\"", with: "\"1\": \"UNACCEPTABLE\"")
    #expect(renamed != config)
    try renamed.write(toFile: model + "/config.json", atomically: true, encoding: .utf8)
    #expect(try loss() != before)

    // Without a classifier there is nothing to evaluate.
    let weights = try TensorFile.open(model + "/model.safetensors")
    let kept = try weights.names.filter { !$0.hasPrefix("classifier.") }.map {
      (name: $0, array: try weights.array(named: $0))
    }
    try Safetensors.write(kept, to: model + "/model.safetensors")
    let bare = ToolRun("eval", "--task", "cola", "--from", model)
    #expect(bare.code == 1 && bare.error.contains("there is no classifier beside the encoder"), "\(bare.error)")

    // A configuration may not claim what the file cannot fill.
    try config.replacingOccurrences(of: "\"num_hidden_layers\": 2", with: "\"num_hidden_layers\": 16777216")
      .write(toFile: model + "/config.json", atomically: true, encoding: .utf8)
    let claimed = ToolRun("eval", "--task", "cola", "--from", model)
    #expect(claimed.code == 1 && claimed.error.contains("million weights"), "\(claimed.error)")
  }

  @Test func `a linear probe leaves the network as it is and makes a classifier`() throws {
    let first = ToolRun(arguments: few + ["--output", folder["first"]])
    #expect(first.code == 0, "\(first.error)")
    func probe(_ name: String, _ arguments: String...) -> ToolRun {
      ToolRun(
        arguments: ["glue", "--task", "cola", "--probe", "--from", folder["first"], "--output", folder[name]]
          + arguments)
    }
    let run = probe("probe", "--probe-features", folder["f.safetensors"], "--probe-strength", "1")
    #expect(run.code == 0 && run.output.contains("\nC 1.000000\nmatthews_correlation "), "\(run.error)")
    let features = try TensorFile.open(folder["f.safetensors"])
    let (width, count) = (128, try features.info(named: "train.labels").shape[0])
    #expect(try features.info(named: "train.features").shape == [count, width])
    let (before, after) = (
      try TensorFile.open(folder["first/checkpoints/6"]), try TensorFile.open(folder["probe/model.safetensors"])
    )
    for name in before.names {
      let isSame = try before.array(named: name).floats() == after.array(named: name).floats()
      #expect(isSame == !name.hasPrefix("classifier."), "\(name)")
    }
    // The classifier in the network says what the probe found.
    let evaluated = ToolRun("eval", "--task", "cola", "--from", folder["probe"])
    let figure = try #require(run.output.split(separator: "\n").first { $0.hasPrefix("matthews") })
    #expect(evaluated.output.contains("\(figure)\n"), "\(evaluated.output)\(evaluated.error)")
    let table = try reviews("own.csv")
    let own = ToolRun(
      "glue", "--probe", "--from", folder["first"], "--data", table, "--text", "review", "--label", "liked",
      "--validation-fraction", "0.2", "--max-length", "12", "--output", folder["own"])
    #expect(own.code == 0 && own.error.contains("48 training texts, 12 for evaluation, 2 classes"), "\(own.error)")
    for (arguments, hint) in [
      (["--set", "lr=1"], "does not train the network"), (["--lr", "1"], "--lr"),
      (["--method", "baseline"], "--method"),
      (["--predict"], "--predict"), (["--freeze", "head"], "--freeze"), (["--keep-best"], "--keep-best"),
    ] {
      let wrong = ToolRun(
        arguments: ["glue", "--task", "cola", "--probe", "--from", folder["first"], "--output", folder["no"]]
          + arguments)
      #expect(wrong.code == 2 && wrong.error.contains(hint), "\(arguments): \(wrong.error)")
    }
    let none = ToolRun("glue", "--task", "cola", "--probe", "--output", folder["no"])
    #expect(none.code == 2 && none.error.contains("add --from"), "\(none.error)")
    let values = ToolRun(
      "glue", "--probe", "--from", folder["first"], "--data", table, "--text", "review", "--label", "id", "--problem",
      "regression", "--output", folder["no"])
    #expect(values.code == 2 && values.error.contains("these labels are values"), "\(values.error)")
  }

  @Test func `an interrupt ends an evaluation`() {
    let trained = ToolRun(arguments: few + ["--output", folder["source"]])
    #expect(trained.code == 0, "\(trained.error)")
    let run = Interruption.$simulated.withValue(.init()) { ToolRun("eval", "--from", folder["source"]) }
    #expect(run.code == 130 && !run.output.contains("matthews"))
  }

  /// 60 reviews as a spreadsheet writes them: a byte order mark, CRLF, quotes, breaks inside of fields.
  private func reviews(_ name: String) throws -> String {
    let rows = (0..<60).map {
      "\($0),\"the film, \"\"it\"\" was\r\n\($0 % 3 == 0 ? "bad" : "good") \($0)\",\($0 % 3 == 0 ? "no" : "yes")"
    }
    try AtomicFile.write("\u{feff}id,review,liked\r\n" + rows.joined(separator: "\r\n") + "\r\n", to: folder[name])
    return folder[name]
  }

  @Test func `a table of one's own is learned, evaluated and resumed`() throws {
    let base = [
      "glue", "--data", try reviews("own.csv"), "--text", "review", "--label", "liked", "--validation-fraction", "0.2",
      "--class-weights", "balanced", "--set", "batch_size=8", "--set", "epochs=1",
    ]
    let run = ToolRun(arguments: base + ["--output", folder["own"]])
    #expect(run.code == 0 && run.output.contains("accuracy") && run.output.contains("f1 "), "\(run.error)")
    #expect(run.error.contains("evaluated on 12 of its 60 rows"), "\(run.error)")
    #expect(run.error.contains("no (weight 1.5), yes (weight 0.75)"), "\(run.error)")
    let checkpoint = try JSON.read(folder["own"] + "/checkpoints/6/config.json")
    #expect(checkpoint["id2label"]?["1"]?.string == "yes")
    let metrics = run.output.split(separator: "\n").filter { !$0.hasPrefix("run ") && !$0.hasPrefix("using") }
    let evaluated = ToolRun("eval", "--from", folder["own"])
    #expect(evaluated.output.split(separator: "\n").prefix(3) == metrics.prefix(3), "\(evaluated.error)")
    let seen = ToolRun(
      "preview", "--data", folder["own.csv"], "--text", "review", "--label", "liked", "--count", "3", "--ratio", "0.4")
    #expect(seen.code == 0 && seen.output.contains("3  label of the loss: yes"), "\(seen.error)")
    #expect(seen.output.contains("  main branch  [CLS] the film"), "\(seen.output)")
    // Labels are those of the model, by name.
    try AtomicFile.write("review\tliked\nit was good\tyes\n", to: folder["more.tsv"])
    let more = ToolRun("eval", "--from", folder["own"], "--data", folder["more.tsv"])
    #expect(more.code == 0 && more.output.contains("accuracy"), "\(more.error)")
    try AtomicFile.write("review\tliked\nit was good\tyess\n", to: folder["wrong.tsv"])
    let wrong = ToolRun("eval", "--from", folder["own"], "--data", folder["wrong.tsv"])
    #expect(wrong.code == 1 && wrong.error.contains("the nearest is 'yes'") && wrong.error.contains("line 2"))
    let longer = ToolRun(arguments: base.dropLast() + ["epochs=2", "--output", folder["own"], "--resume"])
    #expect(longer.code == 0, "\(longer.error)")
    let other = ToolRun(
      arguments: base.dropLast() + ["epochs=3", "--shots", "4", "--output", folder["own"], "--resume"])
    #expect(other.code == 1 && other.error.contains("samples.count was 48, is 8"), "\(other.error)")
  }

  @Test func `numbers make a regression, and another file evaluates it`() throws {
    let lines = (0..<24).map { "{\"a\": \"word \($0)\", \"b\": \"word \($0 / 2)\", \"y\": \(Double($0) / 2)}" }
    try AtomicFile.write(lines.joined(separator: "\n"), to: folder["t.jsonl"])
    try AtomicFile.write(lines.prefix(6).joined(separator: "\n"), to: folder["v.jsonl"])
    let run = ToolRun(
      arguments: [
        "glue", "--data", folder["t.jsonl"], "--validation", folder["v.jsonl"], "--text", "a", "--text-pair", "b",
        "--label", "y", "--set", "max_steps=2", "--output", folder["numbers"], "--freeze", "bert.embeddings",
        "--set", "layer_decay=0.8", "--set", "model.width=64", "--set", "model.depth=3",
      ])
    #expect(run.code == 0 && run.output.contains("pearson"), "\(run.error)")
    #expect(run.error.contains("from 0.0 to 11.5: a regression") && run.error.contains("24 training texts"))
    #expect(run.error.contains("frozen: 5 of"), "\(run.error)")
    let config = try JSON.read(folder["numbers"] + "/checkpoints/2/config.json")
    #expect(config["problem_type"]?.string == "regression" && config["num_hidden_layers"]?.int == 3)
    #expect(config["hidden_size"]?.int == 64 && config["num_attention_heads"]?.int == 2)
  }

  @Test func `classes without names are evaluated by number, several answers are not`() throws {
    let model = try TinyBERTFolder(folder["tiny"])
    try AtomicFile.write("a\ty\nthe Cat\t0\nthe dog\t1\n", to: folder["t.tsv"])
    let arguments = [
      "eval", "--from", model.path, "--data", folder["t.tsv"], "--text", "a", "--label", "y",
    ]
    let run = ToolRun(arguments: arguments)
    #expect(run.code == 0 && run.output.contains("accuracy") && !run.output.contains("pearson"), "\(run.error)")
    try model.set("problem_type", "multi_label_classification")
    let several = ToolRun(arguments: arguments)
    #expect(several.code == 1 && several.error.contains("problem_type is multi_label_classification"))
  }

  @Test func `what is wrong with a table is said`() throws {
    let table = try reviews("own.csv")
    try AtomicFile.write("text,label\na,1\nb\n", to: folder["short.csv"])
    let named = ["--text", "review", "--label", "liked"]
    for (arguments, code, hint) in [
      (["--data", table], 2, "name one of the columns “id”, “review”, “liked”"),
      (["--data", table, "--text", "review"], 2, "--label is missing"),
      (["--data", table, "--text", "reviw", "--label", "liked"], 1, "did you mean 'review'?"),
      (["--data", folder["short.csv"], "--text", "text", "--label", "label"], 1, "line 3"),
      (["--data", table, "--task", "cola"] + named, 2, "leave --task out"),
      (["--data", table, "--predict"] + named, 2, "--predict"),
      (["--data", table, "--class-weights", "1,2,3"] + named, 2, "3 weights for 2 classes: no, yes"),
      (["--data", table, "--problem", "regression", "--class-weights", "1,2"] + named, 1, "'no' is no number"),
      (["--data", table, "--from", folder["absent"], "--set", "model.width=8"] + named, 2, "those of the weights"),
      (["--data", table, "--set", "model.heads=7"] + named, 2, "7 heads do not divide a width of 128"),
      (["--data", table, "--freeze", "bert.embedings"] + named, 2, "like 'bert.embeddings'"),
      (["--data", folder.path], 2, "no --task is given"), ([], 2, "neither --task nor --data"),
    ] {
      let run = ToolRun(arguments: ["glue", "--output", folder["never4"]] + arguments)
      #expect(run.code == Int32(code) && run.error.contains(hint), "\(arguments): \(run.error)")
    }
  }

  @Test func `damaged weights are refused whole`() throws {
    let first = ToolRun(arguments: few + ["--output", folder["good"]])
    #expect(first.code == 0, "\(first.error)")
    let model = folder["good"] + "/checkpoints/6"
    let whole = try bytes(model + "/model.safetensors")
    try Data(whole[..<(whole.count / 2)]).write(to: URL(fileURLWithPath: model + "/model.safetensors"))
    let cut = ToolRun(arguments: few + ["--from", model, "--output", folder["never2"]])
    #expect(cut.code == 1 && cut.error.contains("model.safetensors"), "\(cut.error)")
    try Data(whole).write(to: URL(fileURLWithPath: model + "/model.safetensors"))
    let config = try String(contentsOfFile: model + "/config.json", encoding: .utf8)
    try config.replacingOccurrences(of: "\"intermediate_size\": 512", with: "\"intermediate_size\": 256")
      .write(toFile: model + "/config.json", atomically: true, encoding: .utf8)
    let misshaped = ToolRun(arguments: few + ["--from", model, "--output", folder["never2"]])
    #expect(misshaped.code == 1 && misshaped.error.contains("of another shape"), "\(misshaped.error)")
    #expect(!FileManager.default.fileExists(atPath: folder["never2"]))
  }
}
