import SubCore
import SubData
import TestSupport
import Testing

@testable import SubTool

/// What is wrong with the input of `clip-pretrain` and `zero-shot` is one line, with the right code.
@Suite(.serialized) struct ClipInputTests {
  private let folder = TemporaryFolder()
  private let home = CaptionShards.home
  private let picture = CaptionShards.embedded.first { $0.kind == "png" }?.bytes ?? []

  init() throws { try CaptionShards.write(CaptionShards.tinyConfiguration.utf8, folder["tiny.json"]) }

  private func tool(_ arguments: [String]) -> ToolRun {
    ToolRun(arguments: arguments, environment: ["MASKSUB_HOME": home])
  }

  private func expect(
    _ arguments: [String], code: Int32, _ text: String, _ place: SourceLocation = #_sourceLocation
  ) {
    let run = tool(arguments + (arguments[0] == "clip-pretrain" ? ["--output", folder["never"]] : []))
    let lines = run.error.split(separator: "\n")
    #expect(run.code == code, "\(arguments.suffix(2)): \(run.error)", sourceLocation: place)
    #expect(lines.last?.hasPrefix("masksub: error: ") ?? false, "\(run.error)", sourceLocation: place)
    #expect(lines.last?.contains(text) ?? false, "\(run.error)", sourceLocation: place)
    #expect(FileSystem.kind(folder["never/checkpoints"]) == .absent, sourceLocation: place)
  }

  private func pretrain(_ data: String) -> [String] {
    [
      "clip-pretrain", "--model", folder["tiny.json"], "--vocab", "\(home)/tokenizers/captions-bpe/merges.txt", "--set",
      "batch_size=4", "--set", "max_steps=1", "--data", data,
    ]
  }

  /// A shard of samples, each a list of its members.
  private func shard(_ name: String, _ samples: [[(String, [UInt8])]]) throws -> String {
    let members = samples.enumerated().flatMap { index, parts in parts.map { (name: "\(index).\($0.0)", bytes: $0.1) } }
    return try CaptionShards.write(CaptionShards.tar(members), folder[name])
  }

  private var caption: [UInt8] { Array("a red circle".utf8) }

  @Test func `data without a usable pair ends the run at once`() throws {
    expect(pretrain(folder["absent-{0..3}.tar"]), code: 1, "no such shard")
    expect(pretrain(folder["absent.csv"]), code: 1, "absent.csv")
    let images = try shard("images.tar", Array(repeating: [("png", picture)], count: 6))
    expect(pretrain(images), code: 1, ".txt")
    let texts = try shard("texts.tar", Array(repeating: [("txt", caption)], count: 6))
    expect(pretrain(texts), code: 1, "has .txt")
    let broken = try shard("broken.tar", Array(repeating: [("jpg", [1, 2, 3]), ("txt", caption)], count: 6))
    expect(pretrain(broken), code: 1, "with an image that cannot be read")
    let whole = try shard("whole.tar", Array(repeating: [("png", picture), ("txt", caption)], count: 6))
    let bytes = try TemporaryFolder.bytes(whole)
    let cut = try CaptionShards.write(bytes[..<700], folder["cut.tar"])
    expect(pretrain(cut), code: 1, "cut.tar")
    expect(pretrain(whole) + ["--set", "batch_size=7"], code: 2, "there are 6 pairs, a batch has 7")
    try CaptionShards.write("filepath\ttitle\nno.jpg\tone\nno.jpg\ttwo\n".utf8, folder["t.tsv"])
    expect(pretrain(folder["t.tsv"]) + ["--set", "batch_size=2"], code: 1, "no.jpg")
    expect(pretrain(whole) + ["--set", "batch_size=1"], code: 2, "one pair has nothing to be told from")
    expect(pretrain(folder["t.tsv"]) + ["--csv-caption-key", "caption"], code: 1, "caption")
    try CaptionShards.write("filepath;title\nno.jpg;one\n".utf8, folder["t.csv"])
    expect(pretrain(folder["t.csv"]), code: 1, "name the separator: --csv-separator ';'")
    #expect(tool(pretrain(whole) + ["--output", folder["good"]]).code == 0)
  }

  @Test func `faults among good pairs are counted and named`() throws {
    let good: [(String, [UInt8])] = [("png", picture), ("txt", caption)]
    let mixed = try shard("mixed.tar", [good, [("png", picture)], good, [("jpg", [9]), ("txt", caption)], good, good])
    let run = tool(pretrain(mixed) + ["--output", folder["run"], "--set", "max_steps=2"])
    #expect(run.code == 0, "\(run.error)")
    #expect(run.error.contains("skipped: ") && run.error.contains("mixed.tar: 3"), "\(run.error)")
    expect(pretrain(mixed) + ["--max-faults", "0"], code: 1, "too much of the data cannot be used")
  }

  @Test func `captions can lie in a field of the JSON, images under another ending`() throws {
    let json = Array(#"{"caption":"","alt":"two squares"}"#.utf8)
    let data = try shard("json.tar", Array(repeating: [("img", picture), ("json", json)], count: 5))
    expect(pretrain(data), code: 1, "no image with a caption")
    let run = tool(
      pretrain(data) + [
        "--json-text-key", "caption;alt", "--image-key", "img", "--csv-img-key", "path", "--output", folder["run"],
      ])
    #expect(run.code == 0 && run.error.contains("--csv-img-key does nothing: the data is no table"), "\(run.error)")
    #expect(!run.error.contains("--image-key does nothing"))
  }

  @Test func `wrong words on the command line`() throws {
    try CaptionShards.write(2, each: 8, to: folder["shards"])
    let captions = folder["shards/0.tar"]
    let settings: [(String, String)] = [
      ("no_such=1", "no_such"), ("batch_size=0", "batch_size"), ("shuffle_buffer=0", "shuffle_buffer"),
      ("pieces=9", "loop.accumulation"), ("epochs=-1", "epochs"), ("log_every=0", "log_every"),
      ("eval_batch_size=0", "eval_batch_size"), ("lr=-1", "lr"), ("adam.beta2=1", "adam.beta2"), ("lr=fast", "lr"),
    ]
    for (setting, text) in settings { expect(pretrain(captions) + ["--set", setting], code: 2, text) }
    expect(["clip-pretrain", "--model", "ViT-B-33"], code: 2, "ViT-B-32")
    expect(["clip-pretrain", "--model", folder["none.json"]], code: 1, "none.json")
    expect(pretrain(captions) + ["--ratio", "0.99"], code: 2, "hides all 16 patches")
    expect(
      ["clip-pretrain", "--data", captions, "--model", folder["tiny.json"], "--vocab", folder["none.txt"]], code: 1,
      "none.txt")
    expect(pretrain(captions) + ["--from", folder["none.safetensors"]], code: 1, "none.safetensors")
    expect(pretrain(captions) + ["--train-data-upsampling-factors", "1::2"], code: 2, "2 weights for 1 source")
    let two = "\(captions)::\(folder["shards/1.tar"])"
    expect(pretrain(two) + ["--train-data-upsampling-factors", "1::2"], code: 2, "add --resamples")
    expect(pretrain(two) + ["--train-data-upsampling-factors", "1::x"], code: 2, "'x'")
    expect(pretrain("https://x/{0..3}.tar"), code: 2, "must be local")
    try CaptionShards.write("a photo of a {}.\nno hole\n".utf8, folder["t.txt"])
    expect(pretrain(captions) + ["--val", captions, "--templates", folder["t.txt"]], code: 1, "line 2")
    expect(pretrain(captions) + ["--val", captions, "--templates", "imagnet"], code: 1, "imagnet")
    expect(["zero-shot"], code: 2, "--from")
    expect(["zero-shot", "--from", folder["none"]], code: 1, "none")
    expect(["zero-shot", "--from", "\(home)/datasets/shapes"], code: 1, "shapes")
  }
}
