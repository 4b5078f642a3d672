import SubCore
import SubData
import TestSupport
import Testing

@testable import SubTool

/// What people give to the vision commands: data in every form, weights of every naming, mistakes. A step each.
@Suite(.serialized) struct VisionInputTests {
  private let folder = TemporaryFolder()
  private static let home = Repository.path

  private func run(_ arguments: [String]) -> ToolRun {
    ToolRun(arguments: arguments, environment: ["MASKSUB_HOME": Self.home])
  }

  private func train(_ data: String, _ more: String...) -> ToolRun {
    let output = folder["run-\(FileSystem.name(data))-\(more.count)"]
    let step = ["--set", "max_steps=1", "--set", "batch_size=2", "--output", output]
    return run(["train", "--recipe", "shapes-tiny", "--data", data] + step + more)
  }

  private func pixels(_ shape: [Int]) -> HostArray {
    let key = RandomKey(seed: 1)
    let bytes = (0..<shape.reduce(1, *)).map { UInt8(truncatingIfNeeded: key.integer(below: 256, at: $0)) }
    return HostArray(bytes, shape: shape, dtype: .u8)
  }

  private func labels(_ count: Int, _ shape: [Int]? = nil) -> HostArray {
    HostArray((0..<count).map { Int64($0 % 3) }, shape: shape ?? [count])
  }

  /// Four pictures of two classes.
  private func pictures(_ name: String) throws -> String {
    for number in 0..<4 {
      let path = folder["\(name)/train/\(number % 2 == 0 ? "a" : "b")"]
      try FileSystem.makeFolder(path)
      let image = RGBImage(width: 8, height: 8, pixels: pixels([8, 8, 3]).withBytes { Array($0) })
      try AtomicFile.write(image.pngData(), to: "\(path)/\(number).png")
    }
    return folder[name]
  }

  @Test func `numpy's archives are data, coloured or grey`() throws {
    let arrays = [
      (name: "train_images", array: pixels([6, 10, 9, 3])), (name: "train_labels", array: labels(6)),
      (name: "test_images", array: pixels([3, 10, 9, 3])), (name: "test_labels", array: labels(3, [3, 1])),
    ]
    try Npz.write(HeldTensors(arrays), to: folder["colour.npz"])
    let colour = train(folder["colour.npz"])
    #expect(colour.code == 0, "\(colour.error)")
    #expect(colour.error.contains("3 classes, 6 training images, 3 for evaluation"), "\(colour.error)")

    let grey = [(name: "x_train", array: pixels([6, 12, 12])), (name: "y_train", array: labels(6))]
    try FileSystem.makeFolder(folder["grey"])
    try Npz.write(HeldTensors(grey), to: folder["grey/mnist.npz"])
    let first = train(folder["grey"])
    #expect(first.code == 0 && first.error.contains("6 training images, none for evaluation"), "\(first.error)")
    #expect(!first.error.contains("evaluation: "))

    let odds = [(name: "x_train", array: labels(6)), (name: "y_train", array: labels(6))]
    try Npz.write(HeldTensors(odds), to: folder["odd.npz"])
    let odd = train(folder["odd.npz"])
    #expect(odd.code == 1 && odd.error.contains("store them as u8"), "\(odd.error)")
    try AtomicFile.write(Array("PK\u{3}\u{4} and no more".utf8), to: folder["cut.npz"])
    #expect(train(folder["cut.npz"]).code == 1)
  }

  @Test func `CIFAR's pickles are data`() {
    let run = train("\(Self.home)/Tests/SubDataTests/Fixtures/image/cifar/two")
    #expect(run.code == 0, "\(run.error)")
    #expect(run.error.contains("10 classes, 8 training images, 3 for evaluation"), "\(run.error)")
  }

  @Test func `unreadable pictures are named and passed over up to a limit`() throws {
    let data = try pictures("broken")
    try AtomicFile.write(Array("no picture".utf8), to: folder["broken/train/a/bad.png"])
    try FileSystem.makeFolder(folder["broken/val/a"])
    try AtomicFile.write([], to: folder["broken/val/a/empty.jpg"])
    let passed = train(data, "--set", "batch_size=5")
    #expect(passed.code == 0, "\(passed.error)")
    #expect(passed.error.contains("unreadable pictures, passed over: 1") && passed.error.contains("bad.png"))
    #expect(passed.error.contains("unreadable pictures, not counted: 1") && passed.error.contains("empty.jpg"))
    let limited = train(data, "--set", "batch_size=5", "--max-broken", "0")
    #expect(limited.code == 1, "\(limited.error)")
    #expect(limited.error.contains("more than 0 pictures are broken") && limited.error.contains("--max-broken"))
  }

  @Test func `a sliver of a picture is evaluated like any other`() throws {
    let data = try pictures("slivers")
    try FileSystem.makeFolder(folder["slivers/val/a"])
    let sliver = RGBImage(width: 1, height: 900_000, color: [200, 100, 50])
    try AtomicFile.write(sliver.pngData(), to: folder["slivers/val/a/sliver.png"])
    let result = train(data, "--set", "eval_resize=256", "--set", "crop=simple", "--set", "exif=true")
    #expect(result.code == 0 && result.error.contains("1 for evaluation"), "\(result.error)")
    #expect(!result.error.contains("unreadable"), "\(result.error)")
    let checkpoint = "\(try #require(result.output.split(separator: "\n").last).dropFirst(4))/checkpoints/1"
    let evaluation = ["eval", "--from", checkpoint, "--data", data, "--resize", "4096"]
    #expect(run(evaluation).code == 0)
    // A description that asks for more than any setting may is refused as well.
    let description = try JSON.read("\(checkpoint)/config.json").text()
    let changes = [
      ("\"eval_resize\":256", "\"eval_resize\":9000000000000000000"), ("\"image_size\":32", "\"image_size\":0"),
    ]
    for (old, new) in changes {
      #expect(description.contains(old), "\(description)")
      try AtomicFile.write(description.replacing(old, with: new), to: "\(checkpoint)/config.json")
      let refused = run(evaluation)
      #expect(refused.code == 1 && refused.error.contains("config.json"), "\(refused.code) \(refused.error)")
    }
    let preview = ["preview", "--data", data, "--output", folder["p.png"]]
    #expect(run(preview + ["--set", "eval_resize=4096", "--set", "mix_bytes=true", "--set", "mixup=1"]).code == 0)
    #expect(run(preview + ["--set", "eval_resize=1048576"]).code == 2)
  }

  @Test func `the preparation of images is timed`() {
    let sizes = ["--batch", "2", "--steps", "1", "--warmup", "0"]
    let result = run(["bench", "images-deit3", "images-mae"] + sizes)
    #expect(result.code == 0, "\(result.error)")
    let lines = result.output.split(separator: "\n").map(String.init)
    #expect(lines.count == 2, "\(result.output)")
    for (line, name) in zip(lines, ["images-deit3", "images-mae"]) {
      #expect(line.hasPrefix("masksub \(name) threads=1 batch=2 images_per_s="), "\(line)")
    }
    #expect(run(["bench", "image-mae"]).error.contains("did you mean 'images-mae'?"))
    #expect(run(["bench", "images-mae", "--data", folder["absent"]]).code == 1)
  }

  @Test func `weights without a classifier, and options that do not fit, are explained`() throws {
    let data = try pictures("fine")
    let made = train(data)
    #expect(made.code == 0, "\(made.error)")
    let line = try #require(made.output.split(separator: "\n").last)
    let weights = try TensorFile.open("\(line.dropFirst(4))/checkpoints/1/model.safetensors")
    let bare = try weights.arrays().filter { !$0.name.hasPrefix("head.") }
    try Safetensors.write(bare, to: folder["bare.safetensors"])
    try Safetensors.write(weights.arrays(), to: folder["whole.safetensors"])
    // Pictures to evaluate on may stand in `val` alone.
    let only = try pictures("only")
    try FileSystem.move(only + "/train", to: only + "/val")
    let evaluated = run(["eval", "--from", folder["whole.safetensors"], "--data", only])
    #expect(evaluated.code == 0 && evaluated.output.contains("top1"), "\(evaluated.error)")
    // What a diverged run leaves is no result.
    let broken = try weights.arrays().map { name, array in
      name == "head.bias"
        ? (name, HostArray([Float](repeating: .nan, count: array.count), shape: array.shape)) : (name, array)
    }
    try Safetensors.write(broken, to: folder["broken.safetensors"])
    let nothing = run(["eval", "--from", folder["broken.safetensors"], "--data", only])
    #expect(nothing.code == 1 && nothing.error.contains("outputs are not finite"), "\(nothing.error)")
    // A new classifier for the pictures' two classes, at another size.
    let tuned = run([
      "finetune", "--from", folder["bare.safetensors"], "--data", data, "--set", "max_steps=1", "--set", "batch_size=2",
      "--set", "image_size=16", "--set", "eval_resize=16", "--output", folder["tuned"],
    ])
    #expect(tuned.code == 0, "\(tuned.error)")
    #expect(
      tuned.error.contains("  newly made: fc_norm.weight, fc_norm.bias, head.weight, head.bias"), "\(tuned.error)")
    #expect(tuned.error.contains("  resized: pos_embed [65, 96] → [17, 96]"), "\(tuned.error)")
    let wrong: [([String], Int32, String)] = [
      (
        ["eval", "--from", folder["bare.safetensors"], "--data", data], 1,
        "there is no classifier: fc_norm.weight, fc_norm.bias, head.weight"
      ),
      (["eval", "--from", folder["whole.safetensors"]], 1, "the model has 2 classes, the data 8"),
      (["eval", "--from", folder["whole.safetensors"], "--data", data, "--resize", "16"], 2, "fewer than the 32"),
      (
        ["finetune", "--from", folder["bare.safetensors"], "--data", data, "--set", "image_size=2"], 2, "no patch of 4"
      ),
      (["finetune", "--from", folder["bare.safetensors"], "--data", data, "--resume"], 2, "write --resume RUN"),
      (["finetune", "--from", folder["bare.safetensors"], "--data", data], 2, "the 4 training images make no update"),
    ]
    for (arguments, code, text) in wrong {
      let result = run(arguments)
      #expect(result.code == code && result.error.contains(text), "\(arguments): \(result.code) \(result.error)")
    }
  }

  @Test(arguments: [
    ("loss=hinge", "'hinge' is unknown (--set loss): use ce, bce"),
    ("masking=blocks", "did you mean 'block'?"), ("schedule=step", "use epoch-late, epoch, fraction"),
    ("readout=mean", "use token, pooled, normedPool"), ("beta1=1", "--set beta1"), ("beta2=-0.1", "--set beta2"),
    ("epsilon=0", "--set epsilon"), ("clip_norm=-1", "--set clip_norm"), ("mixup=-1", "--set mixup"),
    ("weight_decay=-0.1", "--set weight_decay"), ("color_jitter=-5", "--set color_jitter"),
    ("epochs=16777216", "give 1 to 1048576"), ("batch_size=x", "--set batch_size"),
    ("flip=true", "'true' is not a number from 0 to 1 (--set flip)"), ("eval_resize=300000", "give 0 to 4096"),
    ("image_size=1048576", "give 1 to 4096"), ("crop=random", "'random' is unknown (--set crop): use rrc, simple"),
    ("exif=1", "'1' is not true or false"),
  ]) func `a setting out of range is refused before anything is read`(setting: String, text: String) {
    let result = run(["train", "--data", folder["absent"], "--set", "max_steps=1", "--set", setting])
    #expect(result.code == 2 && result.error.contains(text), "\(result.code) \(result.error)")
  }

  @Test func `stochastic depth stays below one, and a damaged configuration is not passed over`() throws {
    let deep = run(["train", "--method", "pathsub", "--set", "drop_path=0.95", "--output", folder["deep"]])
    #expect(deep.code == 2 && deep.error.contains("stochastic depth of 1.05"), "\(deep.error)")
    let data = try pictures("plain")
    let made = train(data)
    #expect(made.code == 0, "\(made.error)")
    let checkpoint = try #require(made.output.split(separator: "\n").last).dropFirst(4) + "/checkpoints/1"
    try AtomicFile.write("{\"broken", to: checkpoint + "/config.json")
    let evaluated = run(["eval", "--from", String(checkpoint), "--data", data])
    #expect(evaluated.code == 1 && evaluated.error.contains("config.json"), "\(evaluated.error)")
  }

  @Test func `mistakes in names and shards are pointed at`() {
    let wrong: [([String], Int32, String)] = [
      (["train", "--recipe", "mea-b"], 2, "did you mean 'mae-b'?"),
      (["preview", "--recipe", "beitv2-bb"], 2, "did you mean 'beitv2-b'?"),
      (["train", "--data", folder["{0..3}.tar"]], 1, "there is no such shard, one of 4 named"),
      (["train", "--data", "\(Self.home)/Package.swift"], 1, "these are no images known here"),
      (["train", "--resume", "--output", folder["nowhere"]], 1, "there is no such run"),
    ]
    for (arguments, code, text) in wrong {
      let result = run(arguments)
      #expect(result.code == code && result.error.contains(text), "\(arguments): \(result.code) \(result.error)")
    }
  }
}
