import SubCore
import SubData
import SubTrain
import TestSupport
import Testing

/// Pictures of one's own: tables, archives, shares that are held out, few-shot samples, weights of classes, and what stays
/// as it is while they are learned.
@Suite(.serialized) struct OwnPicturesTests {
  private let folder = TemporaryFolder()
  private var shapes: String { Repository.file("datasets/shapes") }

  private func train(_ name: String, _ arguments: [String], command: String = "train") -> ToolRun {
    ToolRun(
      arguments: [
        command, "--output", folder[name], "--set", "max_steps=2", "--set", "batch_size=8", "--set",
        "eval_batch_size=80", "--set", "evaluate_every=100",
      ] + arguments, environment: ["MASKSUB_HOME": Repository.path])
  }

  /// `LIMIT` pictures of every class in a table.
  private func table(_ limit: Int, _ name: String) throws -> String {
    let train = try ImageFolder(shapes + "/train")
    var rows = "picture,kind\n"
    for label in train.classNames.indices {
      let own = train.paths.indices.filter { train.labels[$0] == label }.prefix(limit)
      for index in own { rows += "\(train.paths[index]),\(train.classNames[label])\n" }
    }
    try AtomicFile.write(rows, to: folder[name])
    return folder[name]
  }

  @Test func `a table of paths is trained on, held out of, and evaluated`() throws {
    let columns = ["--data", try table(10, "t.csv"), "--image", "picture", "--label", "kind"]
    let run = train("t", columns + ["--validation-fraction", "0.2", "--class-weights", "balanced"])
    #expect(run.code == 0 && run.error.contains("64 training images, 16 for evaluation"), "\(run.error)")
    #expect(run.error.contains("16 of the 80 images are held out") && run.error.contains("class weights: "))
    let evaluated = ToolRun(arguments: ["eval", "--from", folder["t"]] + columns)
    #expect(evaluated.code == 0 && evaluated.error.contains("80 images, 8 classes"), "\(evaluated.error)")
    let alone = train("alone", columns)
    #expect(alone.code == 0 && alone.error.contains("nothing to evaluate on: --validation DIR"), "\(alone.error)")
    for (arguments, code, hint) in [
      (["--data", folder["t.csv"]], 2, "it has “picture”, “kind”"), (["--image", "picture"], 2, "--label is missing"),
      (["--data", shapes, "--image", "a", "--label", "b"], 2, "this is no table"),
      (["--validation-fraction", "0.1"], 2, "validation images already"),
      (columns + ["--class-weights", "1,2"], 2, "2 weights for 8 classes"),
      (columns + ["--class-weights", "balanced", "--set", "loss.name=bce", "--set", "smoothing=0"], 2, "bce, has no"),
    ] {
      let wrong = train("never", arguments)
      #expect(wrong.code == Int32(code) && wrong.error.contains(hint), "\(arguments): \(wrong.error)")
    }
  }

  @Test func `an archive trains as the folder does that it unpacks to`() throws {
    var members: [(name: String, bytes: [UInt8])] = []
    for split in ["train", "val"] {
      let pictures = try ImageFolder("\(shapes)/\(split)")
      members += try pictures.paths.map { ("shapes" + $0.dropFirst(shapes.count), try TemporaryFolder.bytes($0)) }
    }
    try AtomicFile.write(TarArchive.bytes(members), to: folder["a.tar"])
    #expect(train("packed", ["--data", folder["a.tar"], "--shots", "3"]).code == 0)
    let plain = train("plain", ["--data", shapes, "--shots", "3"])
    #expect(plain.code == 0 && plain.error.contains("24 training images"), "\(plain.error)")
    let bytes = try ["packed", "plain"].map {
      try TemporaryFolder.bytes(folder["\($0)/checkpoints/2/model.safetensors"])
    }
    #expect(bytes[0] == bytes[1])
    // Either goes on with the other's run.
    let resumed = train("plain", ["--data", folder["a.tar"], "--shots", "3", "--resume"])
    #expect(resumed.code == 0, "\(resumed.error)")
  }

  @Test func `what is frozen stays, and its moments are not kept`() throws {
    #expect(train("first", []).code == 0)
    let run = train(
      "frozen", ["--from", folder["first"], "--freeze", "blocks.*", "--freeze", "patch_embed"], command: "finetune")
    #expect(run.code == 0 && run.error.contains("frozen: 50 of 56 tensors"), "\(run.error)")
    let weights = try ["first", "frozen"].map { try TensorFile.open(folder["\($0)/checkpoints/2"]) }
    for name in weights[0].names {
      let isSame = try weights[0].array(named: name).floats() == weights[1].array(named: name).floats()
      #expect(isSame == (name.hasPrefix("blocks.") || name.hasPrefix("patch_embed.")), "\(name)")
    }
    let states = try TensorFile.open(folder["frozen/checkpoints/2/optimizer.safetensors"]).names
    #expect(states.contains("first.head.weight") && !states.contains { $0.contains("blocks.") })
    let other = train("frozen", ["--from", folder["first"], "--freeze", "blocks.*", "--resume"], command: "finetune")
    #expect(other.code == 2 && other.error.contains("freeze"), "\(other.error)")
    let head = ["--from", folder["first"], "--data", try table(2, "few.csv"), "--image", "picture", "--label", "kind"]
    #expect(train("probed", head + ["--freeze", "head"], command: "finetune").code == 0)
  }

  @Test func `towers of a CLIP are locked as open_clip locks them`() throws {
    func clip(_ name: String, _ arguments: String...) -> ToolRun {
      ToolRun(
        arguments: [
          "clip-pretrain", "--output", folder[name], "--set", "max_steps=1", "--set", "batch_size=16", "--set",
          "warmup_steps=0",
        ] + arguments, environment: ["MASKSUB_HOME": Repository.path])
    }
    #expect(clip("new").code == 0)
    let run = clip("locked", "--from", folder["new"], "--lock-image", "--lock-text", "--lock-text-unlocked-layers", "2")
    #expect(run.code == 0 && run.error.contains("frozen: "), "\(run.error)")
    let weights = try ["new", "locked"].map { try TensorFile.open(folder["\($0)/checkpoints/1"]) }
    for name in weights[0].names {
      let moves =
        name == "logit_scale"
        || ["text_projection", "ln_final", "transformer.resblocks.2."].contains { name.hasPrefix($0) }
      let isSame = try weights[0].array(named: name).floats() == weights[1].array(named: name).floats()
      #expect(isSame != moves || name == "logit_scale", "\(name)")
    }
    #expect(clip("n", "--lock-text-unlocked-layers", "2").error.contains("add --lock-text"))
    #expect(clip("n", "--lock-text", "--lock-text-unlocked-layers", "9").error.contains("9 of the 5 groups"))
  }

  @Test func `a linear probe leaves the network as it is and makes a classifier`() throws {
    #expect(train("first", []).code == 0)
    func probe(_ name: String, _ arguments: String...) -> ToolRun {
      ToolRun(
        arguments: ["finetune", "--probe", "--from", folder["first"], "--output", folder[name]] + arguments,
        environment: ["MASKSUB_HOME": Repository.path])
    }
    let run = probe("probe", "--probe-features", folder["f.safetensors"])
    #expect(run.code == 0 && run.output.contains("\ntop1 ") && run.output.contains("\nC "), "\(run.error)")
    let features = try TensorFile.open(folder["f.safetensors"])
    #expect(try features.info(named: "train.features").shape == [768, 96])
    let (before, after) = (
      try TensorFile.open(folder["first/checkpoints/2"]), try TensorFile.open(folder["probe/model.safetensors"])
    )
    for name in before.names {
      let isSame = try before.array(named: name).floats() == after.array(named: name).floats()
      #expect(isSame == !name.hasPrefix("head."), "\(name)")
    }
    let figures = run.output.split(separator: "\n").filter { $0.hasPrefix("top") }
    let evaluated = ToolRun(
      arguments: ["eval", "--from", folder["probe"], "--data", shapes],
      environment: ["MASKSUB_HOME": Repository.path])
    #expect(evaluated.output.split(separator: "\n").prefix(2) == figures[...], "\(evaluated.error)")
    let fixed = probe("fixed", "--probe-strength", "1", "--shots", "4")
    #expect(fixed.code == 0 && fixed.error.contains("32 training images"), "\(fixed.error)")
    for (arguments, hint) in [
      (["--probe-strength", "1", "--set", "lr=1"], "does not train the network"),
      (["--method", "baseline"], "--method"),
    ] {
      let wrong = ToolRun(arguments: ["finetune", "--probe", "--from", folder["first"]] + arguments)
      #expect(wrong.code == 2 && wrong.error.contains(hint), "\(arguments): \(wrong.error)")
    }
  }

  @Test func `a linear probe of a CLIP reads its image tower, before what both towers share`() throws {
    let trained = ToolRun(
      arguments: ["clip-pretrain", "--max-steps", "1", "--batch-size", "8", "--output", folder["clip"]],
      environment: ["MASKSUB_HOME": Repository.path])
    #expect(trained.code == 0, "\(trained.error)")
    let run = ToolRun(
      arguments: [
        "finetune", "--probe", "--from", folder["clip"], "--data", shapes, "--shots", "8", "--probe-features",
        folder["f.safetensors"], "--output", folder["probe"],
      ], environment: ["MASKSUB_HOME": Repository.path])
    #expect(run.code == 0 && run.error.contains("64 training images"), "\(run.error)")
    #expect(run.error.contains("newly made: visual.head.weight, visual.head.bias"), "\(run.error)")
    let width = try #require(
      JSON.read(folder["clip/checkpoints/1/open_clip_config.json"])["model_cfg"]?["vision_cfg"]?["width"]?.int)
    #expect(try TensorFile.open(folder["f.safetensors"]).info(named: "train.features").shape == [64, width])
    let evaluated = ToolRun(
      arguments: ["eval", "--from", folder["probe"], "--data", shapes],
      environment: ["MASKSUB_HOME": Repository.path])
    let figures = run.output.split(separator: "\n").filter { $0.hasPrefix("top") }
    #expect(
      figures.count == 2 && evaluated.output.split(separator: "\n").prefix(2) == figures[...], "\(evaluated.error)")
  }

  @Test func `networks are made of fields`() throws {
    func expect(_ name: String, _ settings: String..., text: String) {
      let run = train(name, settings.flatMap { $0.hasPrefix("--") ? [$0] : $0.contains("=") ? ["--set", $0] : [$0] })
      #expect(run.code == 0 && run.error.contains(text), "\(settings): \(run.error)")
    }
    expect(
      "vit", "model.width=64", "model.depth=2", "model.heads=4", "model.patch=8",
      text: "ViT/8, 2 blocks, width 64, 4 heads")
    expect("wide", "model.width=192", text: "4 blocks, width 192, 6 heads")
    expect("swin", "--recipe", "swin-shapes", "model.width=32", "model.depth=1-2", text: "Swin, depths 1-2, width 32")
    expect(
      "resnet", "--recipe", "resnet-shapes", "model.width=16", "model.depth=1-1-1-2", text: "blocks 1-1-1-2, width 16")
    let evaluated = ToolRun(arguments: ["eval", "--from", folder["vit"], "--data", shapes])
    #expect(evaluated.code == 0 && evaluated.error.contains("ViT/8, 2 blocks, width 64, 4 heads"), "\(evaluated.error)")
    for (arguments, hint) in [
      (["model.width=60", "model.heads=7"], "7 heads do not divide a width of 60"),
      (["model.width=a"], "is not a number, or numbers joined by -"), (["model.depth=2-2"], "takes one number"),
    ] {
      let wrong = train("never", arguments.flatMap { ["--set", $0] })
      #expect(wrong.code == 2 && wrong.error.contains(hint), "\(arguments): \(wrong.error)")
    }
    let patch = train("never", ["--recipe", "resnet-shapes", "--set", "model.patch=8"])
    #expect(patch.code == 2 && patch.error.contains("a ResNet has no model.patch"), "\(patch.error)")
    let loaded = train("never", ["--from", folder["vit"], "--set", "model.width=32"], command: "finetune")
    #expect(loaded.code == 2 && loaded.error.contains("those of the weights"), "\(loaded.error)")
    let clip = ToolRun(
      arguments: [
        "clip-pretrain", "--output", folder["clip"], "--set", "max_steps=1", "--set", "batch_size=8", "--set",
        "model.width=64", "--set", "model.text_depth=1", "--set", "model.embedding=32",
      ], environment: ["MASKSUB_HOME": Repository.path])
    #expect(clip.code == 0, "\(clip.error)")
    let config = try JSON.read(folder["clip/checkpoints/1/open_clip_config.json"])["model_cfg"]
    #expect(config?["embed_dim"]?.int == 32 && config?["vision_cfg"]?["width"]?.int == 64)
    #expect(config?["text_cfg"]?["layers"]?.int == 1)
  }
}
