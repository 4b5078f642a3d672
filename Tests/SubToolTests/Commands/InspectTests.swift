import ClipSub
import SubCore
import SubData
import SubNN
import SubTrain
import TestSupport
import Testing
import TextSub
import VisionSub

@testable import SubTool

@Suite struct InspectTests {
  @Test func `tensors, totals and statistics`() throws {
    let folder = TemporaryFolder()
    try Safetensors.write(
      [
        ("a.weight", HostArray([Float(-1), 0, 0.5, .nan], shape: [2, 2])), ("n", HostArray([Int64(7)], shape: [])),
        ("empty", HostArray([Float](), shape: [0, 3])),
      ], to: folder["x.safetensors"])
    let plain = ToolRun(arguments: ["inspect", folder["x.safetensors"]])
    #expect(plain.code == 0, "\(plain.error)")
    #expect(plain.output.contains("a.weight  f32   [2, 2]\n"))
    #expect(plain.output.contains("3 tensors, 5 elements (0.00 M), 0.0 MiB, f32, i64\narchitecture: not recognised\n"))
    let stats = ToolRun(arguments: ["inspect", "--stats", folder["x.safetensors"]]).output
    #expect(stats.contains("min -1  max 0.5  mean -0.16667  std 0.62361  zeros 1  NOT FINITE 1\n"))
    #expect(stats.contains("min 7  max 7  mean 7  std 0  zeros 0\n") && stats.contains("  empty\n"))
  }

  @Test func `a cut file is an error with the file's name`() throws {
    let folder = TemporaryFolder()
    try AtomicFile.write([200, 0, 0, 0, 0, 0, 0, 0, 0x7b], to: folder["cut.safetensors"])
    let run = ToolRun(arguments: ["inspect", folder["cut.safetensors"]])
    #expect(run.code == 1 && run.output == "" && run.error.contains(folder["cut.safetensors"]))
    #expect(ToolRun(arguments: ["inspect", folder["none"]]).code == 1)
    #expect(ToolRun(arguments: ["inspect"]).code == 2)
  }

  /// Names and shapes alone, as of a file too large for a test.
  private struct Shapes: NamedTensors {
    let place = "shapes"
    let shapes: [(name: String, shape: [Int])]
    var names: [String] { shapes.map(\.name) }

    func info(named name: String) throws -> TensorInfo {
      guard let found = shapes.first(where: { $0.name == name }) else {
        throw InputError("no tensor", at: name, cure: "")
      }
      return TensorInfo(dtype: .f32, shape: found.shape)
    }
    func array(named name: String) throws -> HostArray {
      let info = try info(named: name)
      return HostArray(dtype: .f32, shape: info.shape, buffer: HostBuffer(byteCount: info.byteCount) { _ in })
    }
  }

  /// The tensors of a model under a naming, behind a prefix.
  private static func file(_ model: Module, _ naming: Naming, prefix: String = "") -> Shapes {
    let names = WeightNames(naming, prefix: prefix)
    return Shapes(
      shapes: model.namedParameters().flatMap { name, parameter in
        let files = names.names(of: name)
        var shape = parameter.shape.dimensions
        if files.count > 1 { shape[0] /= files.count }
        return files.map { ($0, shape) }
      })
  }

  private static func vision(_ name: String, _ change: (inout any VisionConfiguration) -> Void = { _ in }) -> Module {
    var configuration = VisionFamilies.configuration(named: name)!
    change(&configuration)
    return configuration.makeModel()
  }

  private static func bert() -> Module {
    var config = BERTConfig()
    (config.layers, config.width, config.heads) = (1, 768, 12)
    return BERTForSequenceClassification(config, labels: 2)
  }

  @Test func `architectures and namings`() throws {
    let cases: [(Module, Naming, String, String, String)] = [
      (
        Self.vision("vit_small_patch16_224") { $0.classes = 10 }, ViTFamily().namings[4], "",
        "ViT-S/16, 12 blocks, width 384, 6 heads, how many heads is a guess, 10 classes", "timm's names"
      ),
      (
        Self.vision("deit3_small_patch16_224"), ViTFamily().namings[3], "module.",
        "DeiT-III ViT-S/16, 12 blocks, width 384, 6 heads, how many heads is a guess, 1000 classes",
        "the official names behind 'module.'"
      ),
      (
        Self.vision("beitv2_base_patch16_224"), ViTFamily().namings[3], "",
        "BEiT v2 ViT-B/16, 12 blocks, width 768, 12 heads, 1000 classes", "the official names"
      ),
      (
        Self.vision("vit_base_patch16_clip_224"), ViTFamily().namings[2], "visual.",
        "CLIP's image tower ViT-B/16, 12 blocks, width 768, 12 heads, how many heads is a guess, 1000 classes",
        "CLIP's names behind 'visual.'"
      ),
      (
        CLIP(ClipConfig()), CLIPFamily().namings[0], "",
        "CLIP ViT-B/32, 12 blocks, width 768, text: 12 blocks, width 512, 49408 tokens", "open_clip's names"
      ),
      (
        CLIP(ClipConfig()), CLIPFamily().namings[1], "",
        "CLIP ViT-B/32, 12 blocks, width 768, text: 12 blocks, width 512, 49408 tokens", "Hugging Face's names"
      ),
      (
        Self.bert(), BERTFamily().namings[0], "", "BERT, 1 layers, width 768, 30522 tokens, 2 labels",
        "Hugging Face's names"
      ),
    ]
    for (model, naming, prefix, architecture, title) in cases {
      let (family, weights) = try #require(ModelFamilies.recognise(Self.file(model, naming, prefix: prefix)))
      #expect(try family.summary(of: weights) == architecture)
      #expect(weights.title == title)
    }
  }

  @Test func `what lies beside weights tells of them`() throws {
    let folder = TemporaryFolder()
    try ParameterSet(Self.vision("vit_shapes_patch4_32"), on: .cpu, key: RandomKey(seed: 1))
      .write(to: folder["model.safetensors"], WeightNames(ViTFamily().namings[4]))
    #expect(ToolRun(arguments: ["inspect", folder.path]).output.contains("3 heads, how many heads is a guess"))
    try AtomicFile.write(#"{"num_attention_heads": 6}"#, to: folder["config.json"])
    #expect(ToolRun(arguments: ["inspect", folder.path]).output.contains("width 96, 6 heads, 10 classes"))
  }

  @Test func `what is not whole is said to be so`() throws {
    let shapes = Self.file(Self.vision("vit_small_patch16_224"), ViTFamily().namings[4]).shapes
    let cut = Shapes(shapes: shapes.filter { $0.name != "blocks.3.attn.qkv.weight" })
    let (family, weights) = try #require(ModelFamilies.recognise(cut))
    let error = #expect(throws: InputError.self) { try family.summary(of: weights) }
    #expect(error?.place.contains("blocks.3.attn.qkv.weight") == true)
    #expect(ModelFamilies.recognise(Shapes(shapes: [("a", [3])])) == nil)
    #expect(ModelFamilies.recognise(Shapes(shapes: [])) == nil)
  }

  /// Projections that cannot be cut, and blocks without them, are errors and no traps.
  @Test func `odd projections are refused by name`() throws {
    func refused(_ shapes: [(name: String, shape: [Int])], _ tensor: String) throws {
      let (family, weights) = try #require(ModelFamilies.recognise(Shapes(shapes: shapes)))
      let error = #expect(throws: InputError.self) {
        let names = try #require(try family.names("hf", of: weights))
        _ = try RenamedWeights(weights, of: family, to: names)
      }
      #expect(error?.place.contains(tensor) == true, "\(error.map { "\($0)" } ?? "")")
    }
    var config = ClipConfig()
    (config.image.layers, config.image.width, config.image.heads, config.image.mlpWidth) = (1, 64, 1, 64)
    (config.text.layers, config.text.width, config.text.heads, config.text.mlpWidth) = (1, 64, 1, 64)
    config.text.vocabularySize = 10
    let clip = Self.file(CLIP(config), CLIPFamily().namings[0]).shapes
    let bias = "visual.transformer.resblocks.0.attn.in_proj_bias"
    try refused(clip.map { $0.name == bias ? (name: $0.name, shape: [7]) : $0 }, bias)
    try refused(clip.filter { !($0.name.hasPrefix("visual") && $0.name.hasSuffix("in_proj_weight")) }, "in_proj_weight")
    let bert = Self.file(Self.bert(), BERTFamily().namings[0]).shapes
    let noKeys = bert.filter { !$0.name.contains("self.key") }
    let (family, weights) = try #require(ModelFamilies.recognise(Shapes(shapes: noKeys)))
    #expect(throws: InputError.self) { try family.tensorNames(of: weights) }
  }
}
