import ClipSub
import SubCore
import SubData
import SubTrain
import TestSupport
import Testing

@testable import SubTool

/// `clip-pretrain`, `zero-shot` and `convert` as they are typed, with a tiny CLIP.
@Suite(.serialized) struct ClipRunTests {
  private let folder = TemporaryFolder()
  private let home = CaptionShards.home

  init() throws { try CaptionShards.write(CaptionShards.tinyConfiguration.utf8, folder["tiny.json"]) }

  private func tool(_ arguments: [String], interruptedAfter moment: String? = nil) -> ToolRun {
    ToolRun(arguments: arguments, environment: ["MASKSUB_HOME": home], interruptedAfter: moment)
  }

  /// A few steps on the embedded captions, or on other data.
  private func train(
    _ name: String, _ more: String..., data: String? = nil, interruptedAfter moment: String? = nil
  ) -> ToolRun {
    tool(
      [
        "clip-pretrain", "--model", folder["tiny.json"], "--output", folder[name], "--set", "batch_size=16", "--set",
        "max_steps=6", "--set", "warmup=2", "--set", "lr=1e-3", "--set", "log_every=1", "--set", "save_every=2",
        "--set", "evaluate_every=3", "--set", "shuffle_buffer=24",
      ] + (data.map { ["--data", $0, "--vocab", "\(home)/tokenizers/captions-bpe/merges.txt"] } ?? []) + more,
      interruptedAfter: moment)
  }

  private func file(_ name: String) throws -> [UInt8] { try TemporaryFolder.bytes(folder[name]) }

  private func expectSame(_ one: String, _ other: String, step: Int = 6) throws {
    for part in ["model", "optimizer"] {
      let path = "checkpoints/\(step)/\(part).safetensors"
      #expect(try file("\(one)/\(path)") == file("\(other)/\(path)"), "\(part)")
    }
    #expect(try RunLog.lines(folder[one]) == RunLog.lines(folder[other]))
  }

  @Test func `a few steps on the embedded captions, with zero-shot figures on the way`() throws {
    try CaptionShards.write(1, each: 20, to: folder["val"])
    let run = train("run", "--set", "max_steps=3", "--val", folder["val"])
    #expect(run.code == 0, "\(run.error)")
    #expect(run.output.hasPrefix("using the captions of "))
    let evaluations = try RunLog.lines(folder["run"]).filter {
      $0.contains(#""split":"eval""#) || $0.contains(#""split": "eval""#)
    }
    #expect(evaluations.count == 1 && evaluations.allSatisfy { $0.contains("zeroshot_top1") }, "\(evaluations)")
    #expect(try RunLog.lines(folder["run"]).count == 4)
    let summary = try JSON.read(folder["run/summary.json"])
    #expect(summary["metrics"]?["image_to_text_R@1"]?.double != nil, "\(summary.text())")
    // The run's own checkpoint, evaluated alone, gives the same figures.
    let again = tool([
      "zero-shot", "--from", folder["run"], "--data", folder["val"], "--classes",
      "\(home)/datasets/captions/classes.txt", "--templates", "\(home)/datasets/captions/templates.txt",
    ])
    #expect(again.code == 0, "\(again.error)")
    let figures = again.output.split(separator: "\n")
    let printed = run.output.split(separator: "\n")
    #expect(printed[1].contains("images with the captions found for them: \(folder["run"])/plots/captions.png"))
    #expect(figures.count > 2 && figures[...] == printed.dropFirst(2).dropLast())
    #expect(try file("run/plots/captions.png").starts(with: [0x89, 0x50, 0x4e, 0x47]))
    // It remembers what that was, and eval does the same.
    let remembered = tool(["zero-shot", "--from", folder["run"]])
    #expect(remembered.output == again.output && remembered.error.contains("as in the run: --data=\(folder["val"])"))
    let evaluated = tool(["eval", "--from", folder["run"]])
    #expect(evaluated.output.hasPrefix(again.output), "\(evaluated.output) \(evaluated.error)")
    let refused = tool(["eval", "--from", folder["run"], "--readout", "pooled"])
    #expect(refused.code == 2 && refused.error.contains("there is no option --readout (masksub zero-shot)"))
  }

  @Test func `a model of a name takes the size of the tokenizer, and what options say of it`() throws {
    func pretrain(_ name: String, _ more: [String]) -> ToolRun {
      tool(["clip-pretrain", "--output", folder[name], "--set", "batch_size=16", "--set", "max_steps=1"] + more)
    }
    func config(_ name: String) throws -> JSON? { try JSON.read(folder["\(name)/config.json"])["model"]?["model_cfg"] }
    let sizes = ["width=64", "depth=1", "text_width=64", "text_depth=1", "embedding=16", "image_size=32", "patch=16"]
    let named = pretrain(
      "named",
      ["--model", "ViT-B-32", "--force-quick-gelu", "--heads", "2"] + sizes.flatMap { ["--set", "model.\($0)"] })
    #expect(named.code == 0 && named.error.contains("token ids: 659, as "), "\(named.error)")
    let made = try config("named")
    #expect(made?["quick_gelu"]?.bool == true && made?["vision_cfg"]?["head_width"]?.int == 32)
    #expect(made?["text_cfg"]?["vocab_size"]?.int == 659)
    #expect(tool(["zero-shot", "--from", folder["named"]]).code == 0)
    let small = pretrain("small", ["--activation", "quick_gelu", "--text-heads", "2"])
    #expect(small.code == 0 && !small.error.contains("token ids"), "\(small.error)")
    #expect(try config("small")?["quick_gelu"]?.bool == true && config("small")?["text_cfg"]?["heads"]?.int == 2)
    let chosen = pretrain("chosen", ["--weights", "ema"])
    #expect(chosen.code == 2 && chosen.error.contains("no weights to choose among (--weights): add --from"))
  }

  @Test func `a trace takes what lies beside the weights, in an open_clip folder too`() throws {
    var config = try #require(ClipConfig(named: "ViT-B-32"))
    (config.image.size, config.image.layers, config.image.heads, config.text.layers) = (64, 1, 6, 1)
    (config.text.vocabularySize, config.activation) = (659, .quickGelu)
    try FileSystem.makeFolder(folder["clip"])
    try ClipRunModel(config, merges: "\(home)/tokenizers/captions-bpe/merges.txt").writeForOpenClip(to: folder["clip"])
    try Safetensors.write(
      [
        ("images", HostArray((0..<2 * 3 * 64 * 64).map { Float($0 % 7) / 7 }, shape: [2, 3, 64, 64])),
        ("text", HostArray([657, 5, 658, 657, 6, 658].map { Int64($0) }, shape: [2, 3])),
      ], to: folder["batch.safetensors"])
    func trace(_ model: String, _ output: String) -> ToolRun {
      tool([
        "trace", "--model", model, "--from", folder["clip"], "--batch", folder["batch.safetensors"], "--method",
        "baseline", "--output", folder[output],
      ])
    }
    let named = trace("ViT-B-32", "named.safetensors")
    #expect(named.code == 0 && named.error.contains("which is taken"), "\(named.error)")
    #expect(trace("\(folder["clip"])/open_clip_config.json", "told.safetensors").code == 0)
    #expect(try file("named.safetensors") == file("told.safetensors"))
    let other = trace("ViT-B-16", "other.safetensors")
    #expect(other.code == 2 && other.error.contains("the weights are not those of a ViT-B-16"), "\(other.error)")
  }

  @Test func `class folders are classified, during training and afterwards`() throws {
    let shapes = "\(home)/datasets/shapes/val"
    let embedded = train("embedded", "--val", shapes, "--templates", "photo", "--method", "masking")
    #expect(embedded.code == 1 && embedded.error.contains("class names for 8 class folders"), "\(embedded.error)")
    try CaptionShards.write(1, each: 20, to: folder["shards"])
    try CaptionShards.write("a b c d e f g h".replacing(" ", with: "\n").utf8, folder["eight.txt"])
    let named = train(
      "named", "--val", shapes, "--templates", "photo", "--classes", folder["eight.txt"], data: folder["shards/0.tar"])
    #expect(named.code == 0 && named.output.contains("zeroshot_top5 "), "\(named.error)")
    let alone = tool([
      "zero-shot", "--from", folder["named"], "--data", shapes, "--templates", "photo", "--classes",
      folder["eight.txt"],
    ])
    #expect(alone.code == 0, "\(alone.error)")
    #expect(named.output.contains(alone.output))
  }

  @Test func `a resumed run has the bits of one that was never interrupted`() throws {
    // 3 shards of 20 pairs: six batches of 16 go past the first epoch and all shard boundaries.
    try CaptionShards.write(3, each: 20, to: folder["shards"])
    let (data, val) = (folder["shards/{0..2}.tar"], folder["shards/0.tar"])
    let whole = train("whole", "--keep", "9", "--val", val, data: data)
    #expect(whole.code == 0, "\(whole.error)")
    #expect(train("cut", "--keep", "9", "--val", val, data: data).code == 0)
    // As if it had been killed between two checkpoints: what came later is gone, the log has lines too many.
    for step in [4, 6] { FileSystem.remove(folder["cut/checkpoints/\(step)"]) }
    let second = train("cut", "--keep", "9", "--val", val, "--resume", data: data)
    #expect(second.code == 0, "\(second.error)")
    try expectSame("whole", "cut")
    let stopped = train("stopped", "--val", val, data: data, interruptedAfter: "step 3/")
    #expect(stopped.code == 130 && stopped.error.contains("4 steps are saved"), "\(stopped.error)")
    #expect(stopped.error.contains("--resume"), "\(stopped.error)")
    #expect(train("stopped", "--val", val, "--resume", data: data).code == 0)
    try expectSame("whole", "stopped")
    // While the shards are listed nothing is there yet that could be saved.
    let early = Interruption.$simulated.withValue(.init()) { train("early", data: data) }
    #expect(early.code == 130 && FileSystem.kind(folder["early"]) == .absent, "\(early.error)")
  }

  @Test func `resampling shards of several weighted sources is resumed exactly, too`() throws {
    try CaptionShards.write(2, each: 20, to: folder["shards"])
    let data = "\(folder["shards/0.tar"])::\(folder["shards/1.tar"])"
    let more = ["--train-data-upsampling-factors", "1::3", "--set", "resamples=true"]
    let arguments = { [self] (name: String, steps: Int) in
      tool(
        [
          "clip-pretrain", "--model", folder["tiny.json"], "--output", folder[name], "--data", data, "--vocab",
          "\(home)/tokenizers/captions-bpe/merges.txt", "--set", "batch_size=16", "--set", "lr=0.001", "--set",
          "max_steps=\(steps)", "--set", "shuffle_buffer=30", "--set", "log_every=1",
        ] + more + (FileSystem.kind(folder[name]) == .absent ? [] : ["--resume"]))
    }
    #expect(arguments("whole", 5).code == 0)
    #expect(arguments("parts", 3).code == 0)
    let rest = arguments("parts", 5)
    #expect(rest.code == 0, "\(rest.error)")
    #expect(
      try file("whole/checkpoints/5/model.safetensors") == file("parts/checkpoints/5/model.safetensors"))
  }

  @Test func `every method and a batch in pieces train`() throws {
    try CaptionShards.write(1, each: 20, to: folder["shards"])
    let data = folder["shards"]
    for method in ["baseline", "masking", "dropsub", "pathsub"] {
      let run = train(method, "--method", method, "--set", "max_steps=1", "--analyze", "--val", data, data: data)
      #expect(run.code == 0, "\(method): \(run.error)")
      let last = try RunLog.lines(folder[method]).last ?? ""
      #expect(last.contains("loss_sub"), "\(method): \(last)")
    }
    #expect(train("whole", "--set", "max_steps=1", data: data).code == 0)
    let pieces = train("pieces", "--set", "max_steps=1", "--set", "pieces=3", data: data)
    #expect(pieces.code == 0 && pieces.error.contains("pieces is loop.accumulation"), "\(pieces.error)")
    let losses = try ["whole", "pieces"].map { try RunLog.objects(folder[$0])[0]["loss"]?.double ?? 0 }
    #expect(abs(losses[0] - losses[1]) < 1e-5 * losses[0], "\(losses)")
  }

  @Test func `a preview shows images with their captions`() throws {
    try CaptionShards.write(1, each: 3, to: folder["shards"])
    let run = tool(
      ["preview", "--recipe", "clip-small", "--data", folder["shards"], "--output", folder["p.png"], "--count", "8"])
    #expect(run.code == 0 && run.output.contains("3 images in"), "\(run.error)")
    #expect(try file("p.png").starts(with: [0x89, 0x50, 0x4e, 0x47]))
  }

  @Test func `names can be converted there and back without losing a bit`() throws {
    try CaptionShards.write(1, each: 20, to: folder["shards"])
    let data = folder["shards/0.tar"]
    #expect(train("run", "--set", "max_steps=1", data: data).code == 0)
    let original = try TensorFile.open(folder["run/checkpoints/1"])
    var last = folder["run"]
    for (number, names) in ["hf", "openclip", "official", "hf", "official"].enumerated() {
      let next = folder["\(number).safetensors"]
      let run = tool(["convert", last, next, "--names", names])
      #expect(run.code == 0, "\(names): \(run.error)")
      last = next
    }
    let back = try TensorFile.open(last)
    #expect(Set(back.names) == Set(original.names))
    for name in original.names {
      #expect(try back.array(named: name).floats() == original.array(named: name).floats(), "\(name)")
      #expect(try back.info(named: name) == original.info(named: name), "\(name)")
    }
    #expect(try !TensorFile.open(folder["3.safetensors"]).names.contains("visual.proj"))
    // How many heads the weights have, 32 wide like none of the published models, went along in the file's metadata.
    let carried = tool(["zero-shot", "--from", last, "--vocab", "\(home)/tokenizers/captions-bpe/merges.txt"])
    #expect(carried.code == 0 && carried.error.contains("open_clip_config.json"), "\(carried.error)")
    let told = tool([
      "zero-shot", "--from", last, "--data", data, "--vocab", "\(home)/tokenizers/captions-bpe/merges.txt", "--model",
      folder["tiny.json"],
    ])
    #expect(told.code == 0, "\(told.error)")
    #expect(told.output == tool(["zero-shot", "--from", folder["run"], "--data", data]).output)
  }

  @Test func `a suite of one's own is classified by sentences, set by set`() throws {
    try CaptionShards.write(1, each: 20, to: folder["shards"])
    #expect(train("run", "--set", "max_steps=1", data: folder["shards/0.tar"]).code == 0)
    for (number, member) in CaptionShards.embedded.filter({ $0.kind == "png" }).prefix(6).enumerated() {
      try CaptionShards.write(member.bytes, folder["sets/shapes/\(number < 4 ? "disc" : "ring")/\(number).png"])
      try CaptionShards.write(member.bytes, folder["sets/flat/\(number).png"])
    }
    try CaptionShards.write("disc\nring\n".utf8, folder["classes.txt"])
    func suite(_ folders: [String]) throws {
      let sets = folders.map {
        "{\"folders\": [\"\($0)\"], \"names\": \"classes.txt\", \"templates\": \"photo\", \"measures\": [{\"name\": "
          + "\"\($0)\", \"title\": \"\($0.uppercased())\", \"labels\": \"folders\"}]}"
      }
      let text =
        "{\"name\": \"own\", \"classes\": \"classes.txt\", \"row\": "
        + "[\(folders.map { "\"\($0.uppercased())\"" }.joined(separator: ", "))], "
        + "\"sets\": [\(sets.joined(separator: ", "))]}"
      try CaptionShards.write(text.utf8, folder["suite.json"])
    }
    let line = ["zero-shot", "--from", folder["run"], "--suite", folder["suite.json"], "--data", folder["sets"]]
    try suite(["shapes"])
    let whole = tool(line)
    #expect(whole.code == 0, "\(whole.error)")
    #expect(whole.output.hasPrefix("shapes top1 ") && whole.output.contains(", 6 images\nSHAPES\n"), "\(whole.output)")
    try suite(["flat", "shapes"])
    let part = tool(line)
    #expect(part.code == 1 && part.error.contains("not evaluated: flat"), "\(part.error)")
    #expect(part.output.contains("shapes top1 ") && part.output.contains("\nwrong "), "\(part.output)")
    #expect(part.output.contains("flat not evaluated: the folder holds no class folders"))
    let nameless = tool(["zero-shot", "--from", folder["run"], "--suite", folder["suite.json"]])
    #expect(nameless.code == 2 && nameless.error.contains("the folder that holds the sets is not given"))
  }
}
