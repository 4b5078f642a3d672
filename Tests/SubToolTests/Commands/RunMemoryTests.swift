import SubCore
import SubData
import SubTrain
import TestSupport
import Testing

@testable import SubTool

/// Runs remember how they were begun: for those that go on, repeat them, or look at what they made.
@Suite(.serialized) struct RunMemoryTests {
  private let folder = TemporaryFolder()
  private let few = [
    "glue", "--task", "CoLA", "--batch-size", "8", "--save-every", "2", "--log-every", "1", "--evaluate-every", "3",
    "--lr", "2e-3", "--seed", "5", "--method", "masking",
  ]

  private func run(_ arguments: [String], interruptedAfter moment: String? = nil) -> ToolRun {
    ToolRun(arguments: arguments, environment: ["MASKSUB_HOME": Repository.path], interruptedAfter: moment)
  }

  private func done(_ arguments: String...) -> ToolRun { done(arguments) }
  private func done(_ arguments: [String]) -> ToolRun {
    let run = run(arguments)
    #expect(run.code == 0, "\(arguments): \(run.error)")
    return run
  }

  private func bytes(_ run: String, _ step: Int, _ part: String = "model") throws -> [UInt8] {
    try TemporaryFolder.bytes(folder["\(run)/checkpoints/\(step)/\(part).safetensors"])
  }

  @Test func `a run goes on by its folder alone, bit for bit`() throws {
    _ = done(few + ["--max-steps", "6", "--output", folder["whole"]])
    let stopped = run(few + ["--max-steps", "6", "--output", folder["parts"]], interruptedAfter: "steps: 6")
    #expect(stopped.code == 130 && stopped.error.contains("Go on with: masksub glue --resume \(folder["parts"])\n"))
    let rest = done("glue", "--resume", folder["parts"])
    #expect(rest.error.contains("as in the run: --task=CoLA --method=masking --lr=2e-3"), "\(rest.error)")
    for part in ["model", "optimizer"] { #expect(try bytes("parts", 6, part) == bytes("whole", 6, part)) }
    #expect(try RunLog.lines(folder["parts"]) == RunLog.lines(folder["whole"]))

    // Alone, it is the run in --output.
    #expect(done("glue", "--output", folder["parts"], "--resume").output.contains(folder["parts"]))
    for (arguments, text) in [
      (["glue", "--resume", folder["none"]], "there is no such run"), (["glue", "--resume"], "write --resume RUN"),
      (["train", "--resume", folder["parts"]], "was made by masksub glue"),
      (["glue", "--resume", folder["parts"], "--output", folder["b"]], "goes on in its own folder"),
      (["glue", "--resume", folder["parts"], "--config", folder["parts/config.json"]], "give one of them"),
      (["glue", "--resume", folder["parts"], "--lr", "1"], "begun with recipe.optimizer.lr 0.002, not 1"),
      (["glue", "--resume", folder["parts"], "--seed", "1"], "begun with seed 5, not 1"),
    ] {
      let wrong = run(arguments)
      #expect(wrong.code != 0 && wrong.error.contains(text), "\(arguments): \(wrong.error)")
    }
  }

  @Test func `a run goes on for longer, which is said and kept`() throws {
    _ = done(few + ["--max-steps", "3", "--output", folder["run"]])
    let longer = done("glue", "--resume", folder["run"], "--max-steps", "5")
    #expect(longer.error.contains("goes on with loop.max_steps 5, begun with 3; its learning rate is now that"))
    let json = try JSON.read(folder["run/config.json"])
    #expect(json["recipe"]?["loop"]?["max_steps"]?.int == 5)
    let change = json["changes"]?.array?.first
    #expect(change?["step"]?.int == 3 && change?["loop.max_steps"]?.array?.compactMap(\.int) == [3, 5])
    #expect(change?["version"]?.string == Tool.version)
    // From now on that is how long it is.
    let same = done("glue", "--resume", folder["run"])
    #expect(!same.error.contains("goes on with") && same.error.contains("--max-steps=5"), "\(same.error)")
    #expect(try FileSystem.names(in: folder["run/checkpoints"]) == ["5"])
  }

  @Test func `a configuration repeats its run, but for what is given`() throws {
    _ = done(few + ["--set", "beta2=0.98", "--max-steps", "4", "--output", folder["first"]])
    let config = folder["first/config.json"]
    _ = done("glue", "--config", config, "--output", folder["again"])
    for part in ["model", "optimizer"] { #expect(try bytes("again", 4, part) == bytes("first", 4, part)) }
    #expect(try RunLog.lines(folder["again"]) == RunLog.lines(folder["first"]))
    _ = done("glue", "--config", config, "--lr", "1e-4", "--output", folder["other"])
    let (first, other) = (try JSON.read(config), try JSON.read(folder["other/config.json"]))
    #expect(other["recipe"]?["optimizer"]?["lr"]?.double == 1e-4)
    #expect(other["recipe"]?["optimizer"]?["beta2"]?.double == 0.98 && other["seed"]?.int == 5)
    #expect(other["recipe"]?["loop"] == first["recipe"]?["loop"])
    // A repetition's own file needs the first one's no more.
    FileSystem.remove(folder["first"])
    _ = done("glue", "--config", folder["again/config.json"], "--output", folder["third"])
    #expect(try bytes("third", 4) == bytes("again", 4))
    let wrong = run(["glue", "--config", folder["again/summary.json"]])
    #expect(wrong.code == 1 && wrong.error.contains("masksub: error: "), "\(wrong.error)")
    #expect(try JSON.read(folder["third/config.json"])["version"]?.string == Tool.version)
  }

  @Test func `an evaluation follows the run`() throws {
    // Data of its own, of which a part is held out.
    let data = folder["cola"]
    try FileSystem.makeFolder(data)
    for (name, count) in [("train.tsv", 40), ("dev.tsv", 20)] {
      let lines = try TemporaryFolder.text(Repository.file("datasets/acceptability/dev.tsv")).split(separator: "\n")
      try AtomicFile.write(lines.prefix(count).joined(separator: "\n") + "\n", to: "\(data)/\(name)")
    }
    let trained = done(
      few + ["--data", data, "--max-steps", "3", "--max-length", "12", "--keep-best", "--output", folder["run"]])
    for from in ["run", "run/best", "run/checkpoints/3"] {
      let evaluated = done("eval", "--from", folder[from])
      #expect(evaluated.error.contains("as in the run: --data=\(data) --task=CoLA"), "\(evaluated.error)")
      #expect(!evaluated.output.contains("embedded"))
      #expect(trained.output.contains(evaluated.output.prefix { $0 != "\n" }), "\(trained.output) \(evaluated.output)")
    }
    let told = done("eval", "--from", folder["run"], "--data", Repository.file("datasets/acceptability"))
    #expect(told.error.contains("as in the run: --task=CoLA\n"))
    let quiet = done("eval", "--from", folder["run"], "--quiet")
    #expect(quiet.error == "" && quiet.output.hasPrefix("matthews_correlation"))
    #expect(run(["eval", "--data", "x"]).error.contains("--from RUN|FILE is missing"))
  }

  @Test func `paths lead from where they were typed`() throws {
    let line = try #require(
      EarlierLine(
        ["command": "glue", "arguments": ["glue", "--task=cola", "--data=d"], "folder": .string(folder.path)],
        at: "config.json"))
    let form = CommandForm(of: GlueCommand())
    let (data, task) = (try #require(form.option("--data")), try #require(form.option("--task")))
    #expect(line.value("d", of: data) == "d")
    try FileSystem.makeFolder(folder["d"])
    #expect(line.value("d", of: data) == folder["d"])
    #expect(line.value("a/{0..9}.tar::/b/c.tar", of: data) == "\(folder["a/{0..9}.tar"])::/b/c.tar")
    #expect(line.value("d", of: task) == "d")
    #expect(EarlierLine(["command": "glue", "arguments": []], at: "config.json") == nil)
  }

  @Test func `what a run keeps is converted as it is evaluated`() throws {
    let small = ["--max-steps", "3", "--batch-size", "8", "--ema-decay", "0.5", "--eval-batch-size", "80"]
    _ = done(["train", "--keep-best", "--patience", "2", "--evaluate-every", "1", "--output", folder["run"]] + small)
    #expect(FileSystem.kind(folder["run/best"]) == .folder)
    let evaluated = done("eval", "--from", folder["run"])
    let converted = done("convert", folder["run"], folder["average.safetensors"])
    #expect(converted.error.contains("the average of the run's weights is converted (--weights model"))
    #expect(done("eval", "--from", folder["average.safetensors"]).output == evaluated.output)
    _ = done("convert", folder["run"], folder["model.npz"], "--weights", "model")
    let step = try #require(FileSystem.names(in: folder["run/checkpoints"]).compactMap(Int.init).max())
    let (model, average) = (
      try TensorFile.open(folder["run/checkpoints/\(step)/model.safetensors"]),
      try TensorFile.open(folder["average.safetensors"])
    )
    let raw = try TensorFile.open(folder["model.npz"])
    for name in model.names {
      #expect(try raw.array(named: name).floats() == model.array(named: name).floats(), "\(name)")
      #expect(try average.info(named: name) == model.info(named: name), "\(name)")
    }
    #expect(try average.array(named: "head.weight").floats() != model.array(named: "head.weight").floats())

    // A trace of a run is that of its weights with its own settings.
    try Safetensors.write(
      [
        ("images", HostArray((0..<2 * 3 * 32 * 32).map { Float($0 % 7) }, shape: [2, 3, 32, 32])),
        ("labels", HostArray([Int64(1), 3], shape: [2])),
        ("mask_noise", HostArray((0..<2 * 64).map { Float($0 * 37 % 64) }, shape: [2, 64])),
      ], to: folder["batch.safetensors"])
    let weights = folder["run/checkpoints/\(step)/model.safetensors"]
    let named = done(
      "trace", "--model", "vit_shapes_patch4_32", "--from", weights, "--ratio", "0.5", "--loss", "ce", "--batch",
      folder["batch.safetensors"], "--output", folder["named.safetensors"])
    let own = done(
      "trace", "--from", folder["run"], "--batch", folder["batch.safetensors"], "--output", folder["own.safetensors"])
    #expect(own.error.contains("as in the run: --method masksub --ratio 0.5 --loss ce --precision fp32"))
    #expect(named.code == 0)
    #expect(
      try TemporaryFolder.bytes(folder["own.safetensors"]) == TemporaryFolder.bytes(folder["named.safetensors"]))
    #expect(!named.error.contains("traced is"))
    let over = run(
      [
        "trace", "--from", folder["run"], "--batch", folder["batch.safetensors"], "--output",
        folder["batch.safetensors"],
      ])
    #expect(over.code == 2 && over.error.contains("this is an input, too (--output \(folder["batch.safetensors"]))"))
  }

  @Test func `nothing is best where nothing is evaluated`() throws {
    let images = folder["images"]
    for name in ["a", "b"] {
      try FileSystem.makeFolder("\(images)/\(name)")
      for number in 0..<4 {
        try AtomicFile.write(
          TemporaryFolder.bytes(Repository.file("datasets/shapes/val/disc/0\(number < 3 ? "0" : "")\(number * 4).png")),
          to: "\(images)/\(name)/\(number).png")
      }
    }
    let refused = run(["train", "--data", images, "--batch-size", "4", "--keep-best", "--output", folder["none"]])
    #expect(refused.code == 2 && refused.error.contains("nothing is evaluated in this run"), "\(refused.error)")
    #expect(FileSystem.kind(folder["none"]) == .absent)
  }
}
