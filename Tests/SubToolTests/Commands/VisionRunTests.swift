import Foundation
import SubCore
import SubData
import TestSupport
import Testing

@testable import SubTool

/// `train`, `finetune`, `eval`, `preview` and `convert` on the embedded images, with a few steps each.
@Suite(.serialized) struct VisionRunTests {
  private let folder = TemporaryFolder()
  private static let home = Repository.path
  private var shapes: String { "\(Self.home)/datasets/shapes" }
  private static let small = [
    "--set", "batch_size=8", "--set", "evaluate_every=100", "--set", "log_every=1", "--set", "eval_batch_size=80",
  ]

  private func tool(_ arguments: String...) -> ToolRun { run(arguments) }

  private func run(_ arguments: [String]) -> ToolRun {
    ToolRun(arguments: arguments, environment: ["MASKSUB_HOME": Self.home])
  }

  private func train(_ name: String, steps: Int, _ more: String...) -> ToolRun {
    train(name, steps: steps, more)
  }

  private func train(_ name: String, steps: Int, _ more: [String]) -> ToolRun {
    run(["train", "--output", folder[name], "--set", "max_steps=\(steps)"] + Self.small + more)
  }

  /// A small network of every family.
  enum Network: String, CaseIterable {
    case vit, swin, resnet

    var options: [String] {
      switch self {
      case .vit: []
      case .swin: ["--recipe", "swin-shapes", "--set", "model.name=swin_shapes_patch4_window4_32"]
      case .resnet: ["--recipe", "resnet-shapes"]
      }
    }
  }

  /// Weights, averages, moments and, of a ResNet, running statistics, which stand in the first two.
  @Test(arguments: Network.allCases)
  func `a resumed run has the bits of one that was never interrupted`(_ network: Network) throws {
    let options = network.options + ["--set", "ema_decay=0.9", "--set", "mixup=0.8", "--set", "drop_path=0.1"]
    let whole = train("whole", steps: 4, options)
    #expect(whole.code == 0, "\(whole.error)")
    #expect(whole.output.hasPrefix("using the embedded images in datasets/shapes"))
    #expect(train("parts", steps: 2, options).code == 0)
    let rest = train("parts", steps: 4, options + ["--resume"])
    #expect(rest.code == 0, "\(rest.error)")
    for name in ["model", "ema"] where network == .resnet {
      let tensors = try TensorFile.open(folder["parts/checkpoints/4/\(name).safetensors"])
      #expect(try tensors.array(named: "bn1.running_mean").floats().contains { $0 != 0 }, "\(name)")
    }
    for name in ["model", "ema", "optimizer"] {
      let bytes = try ["whole", "parts"].map {
        try TemporaryFolder.bytes(folder["\($0)/checkpoints/4/\(name).safetensors"])
      }
      #expect(bytes[0] == bytes[1], "\(name)")
    }
    let losses = try ["whole", "parts"].map { run in
      try TemporaryFolder.text(folder["\(run)/metrics.jsonl"]).split(separator: "\n").compactMap { line in
        let record = try JSON.parse(String(line), at: run)
        return record["split"]?.string == "train" ? record["loss_sub"]?.double : nil
      }
    }
    #expect(losses[0].count == 4 && losses[0] == losses[1])
  }

  @Test func `a run can be evaluated, finetuned, converted and looked at`() throws {
    let first = train("run", steps: 2)
    #expect(first.code == 0, "\(first.error)")
    let evaluated = tool("eval", "--from", folder["run"], "--data", shapes)
    #expect(evaluated.code == 0, "\(evaluated.error)")
    let metrics = first.output.split(separator: "\n").filter { $0.hasPrefix("top") }
    #expect(metrics.count == 2 && evaluated.output.split(separator: "\n").prefix(2) == metrics[...])

    let tuned = run(
      ["finetune", "--from", folder["run"], "--output", folder["tuned"], "--set", "max_steps=1", "--method", "dropsub"]
        + Self.small)
    #expect(tuned.code == 0, "\(tuned.error)")
    #expect(tuned.error.contains("56 loaded"), "\(tuned.error)")

    #expect(tool("convert", folder["run"], folder["weights.npz"]).code == 0)
    #expect(tool("convert", folder["weights.npz"], folder["weights"]).code == 0)
    #expect(tool("convert", folder["weights"], folder["back.safetensors"], "--names", "timm").code == 0)
    let (before, after) = (
      try TensorFile.open(folder["run/checkpoints/2/model.safetensors"]),
      try TensorFile.open(folder["back.safetensors"])
    )
    #expect(Set(before.names) == Set(after.names))
    for name in before.names {
      #expect(try before.array(named: name).floats() == after.array(named: name).floats(), "\(name)")
    }
    let same = tool("eval", "--from", folder["back.safetensors"], "--data", shapes)
    #expect(same.code == 0 && same.output == evaluated.output, "\(same.error) \(same.output) \(evaluated.output)")
  }

  @Test(arguments: [Network.swin, .resnet])
  func `a run of another family can be evaluated, finetuned, converted and looked at`(_ network: Network) throws {
    let first = train("run", steps: 2, network.options)
    #expect(first.code == 0, "\(first.error)")
    let evaluated = tool("eval", "--from", folder["run"], "--data", shapes)
    let metrics = first.output.split(separator: "\n").filter { $0.hasPrefix("top") }
    #expect(evaluated.output.split(separator: "\n").prefix(2) == metrics[...], "\(evaluated.error)")
    for method in ["masksub", "pathsub", "dropsub"] {
      let tuned = run(
        ["finetune", "--from", folder["run"], "--output", folder[method], "--set", "max_steps=1", "--method", method]
          + Self.small)
      if network == .resnet && method == "dropsub" {
        #expect(tuned.code == 2 && tuned.error.contains("a ResNet has no dropout to raise"), "\(tuned.error)")
      } else {
        #expect(tuned.code == 0 && !tuned.error.contains("newly made"), "\(tuned.error)")
      }
    }
    #expect(tool("convert", folder["run"], folder["official.npz"], "--names", "official").code == 0)
    let back = tool("convert", folder["official.npz"], folder["back.safetensors"], "--names", "timm")
    #expect(back.code == 0 && back.error.contains("(mask_token, …)") == (network == .swin), "\(back.error)")
    let (before, after) = (
      try TensorFile.open(folder["run/checkpoints/2/model.safetensors"]),
      try TensorFile.open(folder["back.safetensors"])
    )
    #expect(before.names.filter { $0 != "mask_token" }.sorted() == after.names.sorted())
    for name in after.names {
      #expect(try before.array(named: name).floats() == after.array(named: name).floats(), "\(name)")
    }
    let sheet = tool("preview", "--recipe", network.options[1], "--count", "2", "--output", folder["p.png"])
    #expect(sheet.code == 0, "\(sheet.error)")
    #expect(tool("inspect", folder["back.safetensors"]).output.contains(network == .swin ? "Swin" : "ResNet-18"))
  }

  @Test func `a head takes the rows that a file names`() throws {
    #expect(train("run", steps: 1).code == 0)
    try AtomicFile.write((0..<8).map { "\(7 - $0)\n" }.joined(), to: folder["map.txt"])
    let options = ["finetune", "--from", folder["run"], "--set", "max_steps=1", "--set", "lr=0"] + Self.small
    let tuned = run(options + ["--output", folder["tuned"], "--head-map", folder["map.txt"]])
    #expect(tuned.code == 0 && tuned.error.contains("by rows"), "\(tuned.error)")
    let heads = try ["run", "tuned"].map {
      try TensorFile.open(folder["\($0)/checkpoints/1/model.safetensors"]).array(named: "head.weight").floats()
    }
    let width = heads[0].count / 8
    #expect(
      (0..<8).allSatisfy { heads[1][($0 * width)...].prefix(width) == heads[0][((7 - $0) * width)...].prefix(width) })
    try AtomicFile.write("0\none\n", to: folder["map.txt"])
    let refused = run(options + ["--output", folder["refused"], "--head-map", folder["map.txt"]])
    #expect(
      refused.code == 1 && refused.error.contains("'one' is no row of a head (") && refused.error.contains("line 2"))
  }

  @Test func `what a run goes on with is said, and no run is made shorter than it is`() throws {
    #expect(train("run", steps: 2).code == 0)
    let shorter = train("run", steps: 1, "--resume")
    #expect(
      shorter.code == 2 && shorter.error.contains("is to end at step 1 and has done 2 (\(folder["run"]))"),
      "\(shorter.error)")
    let path = folder["run/config.json"]
    #expect(!train("run", steps: 2, "--resume").error.contains("begun by"))
    let configuration = try TemporaryFolder.text(path)
    try AtomicFile.write(
      configuration.replacing("\"version\": \"\(Tool.version)\"", with: "\"version\": \"0.0.1\""), to: path)
    let older = train("run", steps: 2, "--resume")
    #expect(
      older.code == 0 && older.error.contains("goes on by version \(Tool.version), begun by 0.0.1"), "\(older.error)")
    FileSystem.remove(folder["run/checkpoints"])
    let empty = train("run", steps: 1, "--resume")
    #expect(empty.code == 0 && empty.error.contains("there is no checkpoint in \(folder["run"]): the run begins again"))
    if ProcessInfo.processInfo.activeProcessorCount < 128 {
      let many = train("threads", steps: 1, "--threads", "1024")
      #expect(many.code == 2 && many.error.contains("or leave it out for one a core"), "\(many.error)")
    }
  }

  @Test func `a run that keeps an average is evaluated by it`() {
    let run = train("average", steps: 2, "--set", "ema_decay=0.5")
    #expect(run.code == 0, "\(run.error)")
    let evaluated = tool("eval", "--from", folder["average"], "--data", shapes)
    let metrics = run.output.split(separator: "\n").filter { $0.hasPrefix("top") }
    #expect(
      metrics.count == 2 && evaluated.output.split(separator: "\n").prefix(2) == metrics[...], "\(evaluated.error)")
  }

  @Test func `block masks resume bit for bit and differ from uniform ones`() throws {
    let block = ["--set", "masking=block"]
    #expect(train("block", steps: 4, block[0], block[1]).code == 0)
    #expect(train("rest", steps: 2, block[0], block[1]).code == 0)
    #expect(train("rest", steps: 4, block[0], block[1], "--resume").code == 0)
    #expect(train("uniform", steps: 4).code == 0)
    let bytes = try ["block", "rest", "uniform"].map {
      try TemporaryFolder.bytes(folder["\($0)/checkpoints/4/model.safetensors"])
    }
    #expect(bytes[0] == bytes[1])
    #expect(bytes[0] != bytes[2])
    let shown = tool("preview", "--count", "1", "--output", folder["b.png"], "--set", "masking=block")
    #expect(shown.code == 0, "\(shown.error)")
  }

  @Test func `copies are other augmentations of the same pictures, in as many updates`() throws {
    func weights(_ name: String, _ more: String...) throws -> [UInt8] {
      let result = train(name, steps: 2, ["--method", "baseline"] + more)
      #expect(result.code == 0, "\(result.error)")
      return try TemporaryFolder.bytes(folder["\(name)/checkpoints/2/model.safetensors"])
    }
    #expect(try weights("one") != weights("two", "--copies", "2"))
    let json = try JSON.read(folder["two/config.json"])
    #expect(json["recipe"]?["augment"]?["copies"]?.int == 2 && json["steps"]?.int == 2)
    // Where nothing is by chance a copy is the same picture, and the mean over both that of one.
    let losses = try ["1", "2"].map { copies in
      _ = try weights("still\(copies)", "--copies", copies, "--crop-scale", "1", "--flip", "0")
      let lines = try TemporaryFolder.text(folder["still\(copies)/metrics.jsonl"]).split(separator: "\n")
      return try JSON.parse(String(lines[0]), at: "metrics.jsonl")["loss"]?.double ?? 0
    }
    #expect(losses[0] > 0 && abs(losses[0] - losses[1]) < 1e-5 * losses[0], "\(losses)")
  }

  @Test func `every method trains`() {
    for method in ["baseline", "masking", "pathsub"] {
      let run = train(method, steps: 1, "--method", method, "--analyze")
      #expect(run.code == 0, "\(method): \(run.error)")
    }
  }

  @Test func `a preview shows images and sentences`() throws {
    let images = tool("preview", "--count", "2", "--output", folder["p.png"], "--set", "cutmix=1")
    #expect(images.code == 0 && images.output.contains("2 images in"), "\(images.error)")
    let own = tool(
      "preview", "--count", "2", "--output", folder["q.png"], "--mixup", "1", "--smoothing", "0.1", "--image-size", "48"
    )
    #expect(own.code == 0 && own.output.contains("each other"), "\(own.error)")
    let unknown = tool("preview", "--max-length", "9", "--output", folder["q.png"])
    #expect(unknown.code == 2 && unknown.error.contains("max_length"), "\(unknown.error)")
    #expect(try TemporaryFolder.bytes(folder["p.png"]).starts(with: [0x89, 0x50, 0x4e, 0x47]))
    let text = tool("preview", "--task", "cola", "--count", "30", "--ratio", "0.5", "--max-length", "9")
    #expect(text.code == 0 && text.output.contains("[MASK]: a token hidden"), "\(text.error)")
    let seen = text.output.split(separator: "\n").filter { $0.hasPrefix("  sub-branch   [CLS]") }
    #expect(seen.count == 30 && seen.allSatisfy { $0.split(separator: " ").count <= 1 + 9 }, "\(text.output)")
    #expect(text.output.contains("label of the loss: acceptable"))
  }

  @Test func `what is wrong is said, with the right code`() {
    let wrong: [([String], Int32, String)] = [
      (["train", "--recipe", "deit3-x"], 2, "there is no vision recipe 'deit3-x'"),
      (["train", "--data", folder["absent"]], 1, "there is no such folder"),
      (["train", "--set", "no_such=1"], 2, "there is no hyper-parameter 'no_such'"),
      (["train", "--set", "max_steps=-1"], 2, "'-1' is not a whole number from 0"),
      (["train", "--set", "batch_size=0"], 2, "batch"),
      (["train", "--set", "batch_size=4096"], 2, "make no update of 4096"),
      (["train", "--set", "augment=rnad"], 2, "rnad"),
      (["finetune", "--from", folder["absent"]], 1, "absent"),
      (["eval", "--from", shapes], 1, "shapes"),
      (["convert", shapes, folder["o.pth"]], 2, ".pth files are not written"),
      (["train", "--ratio", "0.99"], 2, "a ratio of 0.99 hides all 64 patches (--ratio): give at most 0.984"),
      (["train", "--set", "ratio=0.99"], 2, "hides all 64 patches"),
      (["train", "--set", "masking=blocks"], 2, "masking"),
      (["preview", "--ratio", "0.99"], 2, "hides all 64 patches"),
      (["preview", "--output", "sheet.jpg"], 2, "written as PNG"),
      (["train", "--method", "baseline", "--ratio", "0.5"], 2, "baseline has no ratio (--ratio)"),
      (["train", "--method", "masking", "--sub-weight", "0.5"], 2, "masking has no sub-branch (--sub-weight)"),
      (["bench", "vit-s16", "--ratio", "0.999"], 2, "hides all 196 patches"),
      (["bench", "clip-b32", "--ratio", "0.99"], 2, "hides all 49 patches"),
      (["clip-pretrain", "--ratio", "0.99"], 2, "hides all 16 patches"),
      (["preview", "--task", "sst2"], 2, "only cola comes with embedded data"),
    ]
    for (arguments, code, text) in wrong {
      let result = run(arguments)
      #expect(result.code == code && result.error.contains(text), "\(arguments): \(result.code) \(result.error)")
    }
  }

  @Test func `every recipe shows all of its hyper-parameters and where they come from`() {
    let list = tool("recipes").output
    for name in ["shapes-tiny", "deit3-s-400", "mae-b", "beitv2-l", "ft-clip-b", "transfer-cifar10", "glue"] {
      #expect(list.contains("\(name) "), "\(name)")
    }
    let page = tool("recipes", "show", "deit3-s-400").output
    for key in [
      "optimizer.lr ", "optimizer.weight_decay ", "model.drop_path ", "augment.mixup ", "augment.repeats ",
      "loop.max_steps ", "method.masking ",
    ] {
      #expect(page.contains("\n  \(key)"), "\(key)")
    }
    #expect(page.contains(/\n  method\.masking +uniform/))
    #expect(tool("recipes", "show", "beitv2-b").output.contains(/\n  method\.masking +block/))
    #expect(tool("recipes", "show", "glue").output.contains("run_glue"))
  }
}
