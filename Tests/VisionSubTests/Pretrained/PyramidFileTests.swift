import SubCore
import SubData
import SubNN
import TestSupport
import Testing

@testable import SubTrain
@testable import VisionSub

/// Weight files of Swin and ResNet: told apart, renamed, resized, refused.
@Suite struct PyramidFileTests {
  private let folder = TemporaryFolder()

  private let files = WeightFiles()

  private func fixture(_ name: String) throws -> any NamedTensors { try WeightFiles.fixture(name) }

  private func found(_ source: any NamedTensors) throws -> RecognisedModel { try WeightFiles.recognised(source).model }

  @Test func `names and shapes tell what a file is`() throws {
    let swin = try #require(try found(fixture("swin")).configuration as? SwinConfig)
    #expect(swin.width == 8 && swin.depths == [2, 2] && swin.heads == [1, 2] && swin.window == 4 && swin.classes == 5)
    let odd = try found(fixture("swin-odd"))
    #expect(odd.guesses == [RecognisedModel.imageSize] && (odd.configuration as? SwinConfig)?.window == 7)
    let resnet = try #require(try found(fixture("resnet")).configuration as? ResNetConfig)
    #expect(resnet.block == .bottleneck && resnet.depths == [1, 1, 2, 1] && resnet.widths == [4, 8, 12, 16])
    #expect((try found(fixture("resnet-basic")).configuration as? ResNetConfig)?.block == .basic)
    #expect(resnet.imageSize == 224 && resnet.summary == "ResNet-17, blocks 1-1-2-1, width 4")
    let tiny = try #require(VisionFamilies.configuration(named: "swin_tiny_patch4_window7_224.ms_in22k"))
    #expect(tiny.summary == "Swin-T, depths 2-2-6-2, width 96")
    #expect(VisionFamilies.configuration(named: "resnet50")?.summary == "ResNet-50, blocks 3-4-6-3")
    #expect(VisionFamilies.configuration(named: "resnet200.ra2_in1k")?.summary == "ResNet-200, blocks 3-24-36-3")
    #expect((VisionFamilies.configuration(named: "swin_s3_small_224") as? SwinConfig)?.window == 14)
  }

  @Test func `official names of a Swin are read and written`() throws {
    let timm = try fixture("swin")
    let official = try WeightFiles.renamed(timm, "official")
    #expect(official.contains { $0.name == "layers.0.downsample.reduction.weight" })
    #expect(official.contains { $0.name == "head.weight" } && !official.contains { $0.name.contains("layers.1.down") })
    // Buffers that follow from the sizes; the masks say how many windows there were.
    let buffers = [
      (
        name: "layers.0.blocks.0.attn.relative_position_index",
        array: HostArray([Int64](repeating: 0, count: 256), shape: [16, 16])
      ),
      (
        name: "layers.0.blocks.1.attn_mask",
        array: HostArray([Float](repeating: 0, count: 16 * 256), shape: [16, 16, 16])
      ),
    ]
    let read = try files.file(official + buffers)
    let model = try found(read)
    #expect(model.guesses.isEmpty && model.configuration.imageSize == 64)
    #expect(try WeightFiles.load(read).report.dropped.count == 2)
    let back = try WeightFiles.renamed(read, "timm").sorted { $0.name < $1.name }
    // timm's own model has no mask token and would refuse the file.
    #expect(back.map(\.name) == timm.names.filter { $0 != "mask_token" }.sorted())
    #expect(official.contains { $0.name == "mask_token" })
    for (name, array) in back {
      let original = try timm.array(named: name)
      #expect(array.floats() == original.floats() && array.shape == original.shape, "\(name)")
    }
  }

  @Test func `a ResNet keeps its buffers under timm's names`() throws {
    let timm = try fixture("resnet")
    #expect(try WeightFiles.renamed(timm, "official").map(\.name).sorted() == timm.names.sorted())
    let (report, set, _) = try WeightFiles.load(timm)
    #expect(report.dropped.allSatisfy { $0.hasSuffix("num_batches_tracked") })
    let path = folder["written.safetensors"]
    try set.write(to: path, report.names)
    let written = try TensorFile.open(path)
    #expect(written.names.sorted() == timm.names.filter { !$0.hasSuffix("num_batches_tracked") }.sorted())
    #expect(
      try written.array(named: "layer4.0.bn2.running_var").floats()
        == timm.array(named: "layer4.0.bn2.running_var").floats())
  }

  /// 7 × 7 differences of windows of 4 become 13 × 13 of windows of 7.
  @Test func `other classes begin a head, other windows read the tables bicubically`() throws {
    let (report, set, _) = try WeightFiles.load(fixture("swin")) { config in
      guard var swin = config as? SwinConfig else { return }
      (swin.classes, swin.window, swin.imageSize) = (9, 7, 112)
      config = swin
    }
    #expect(report.made == ["head.fc.weight", "head.fc.bias"] && report.resized.count == 4)
    // Official finetuning begins a head at zero.
    #expect(try #require(set.parameters.first { $0.name == "head.fc.weight" }).value.floats().allSatisfy { $0 == 0 })
    let table = "layers.1.blocks.0.attn.relative_position_bias_table"
    let old = try fixture("swin").array(named: table).doubles()
    let new = try #require(set.parameters.first { $0.name == table }).value.host().doubles()
    let wanted = Resampling.bicubic.grid(old, from: 7, to: 13, width: 2)
    #expect(zip(new, wanted).allSatisfy { abs($0 - $1) < 1e-6 } && new.count == 338)
    #expect(try WeightFiles.load(fixture("resnet")) { $0.classes = 3 }.report.made == ["fc.weight", "fc.bias"])
  }

  /// timm's `swin_s3_tiny_224` has windows of 7, 7, 14 and 7.
  @Test func `a Swin whose windows differ between its stages or blocks is refused`() throws {
    for (block, what) in [("*", "windows of 4, 8 tokens"), ("1", "no table as the stage's first block has")] {
      let tensors = try fixture("swin").arrays().map { tensor in
        tensor.name.hasPrefix("layers.1.blocks.") && tensor.name.hasSuffix("bias_table")
          && (block == "*" || tensor.name.contains("blocks.\(block)."))
          ? (tensor.name, HostArray([Float](repeating: 0, count: 450), shape: [225, 2])) : tensor
      }
      let source = try files.file(tensors)
      let error = #expect(throws: InputError.self) { _ = try found(source) }
      #expect(error?.what.contains(what) == true)
    }
  }

  @Test func `a Swin's images are as large as a file beside it says, if they have its windows`() throws {
    func opened(_ side: Int, _ hints: WeightHints = WeightHints()) throws -> VisionFolder {
      let text = #"{"pretrained_cfg": {"input_size": [3, \#(side), \#(side)]}}"#
      try Safetensors.write(
        fixture("swin").arrays(), metadata: [("config.json", text)], to: folder["swin.safetensors"])
      return try VisionFolder(folder["swin.safetensors"], hints)
    }
    let stated = try opened(64)
    #expect(stated.configuration.imageSize == 64 && stated.guesses.isEmpty)
    let error = #expect(throws: InputError.self) { _ = try opened(24) }
    #expect(error?.what.contains("images of 24 pixels") == true)
    // The user may have the tables fitted.
    let said = try opened(64, WeightHints(imageSize: 24))
    #expect(said.configuration.imageSize == 24 && said.found.imageSize == 64)
  }

  @Test(arguments: [
    ("swin", "layers.1.blocks.1.mlp.fc1.weight"), ("swin", "layers.0.blocks.1.attn.qkv.weight"),
    ("resnet", "layer3.1.conv2.weight"), ("resnet", "conv1.weight"),
  ])
  func `a model is never larger than its file`(_ name: String, _ tensor: String) throws {
    var tensors = try fixture(name).arrays()
    let place = try #require(tensors.firstIndex { $0.name == tensor })
    tensors[place].array = HostArray([Float(1)], shape: [1])
    let source = try files.file(tensors)
    #expect(throws: InputError.self) { _ = try found(source) }
  }

  @Test func `a name of another family is refused, and DropSub where no dropout is`() throws {
    func trace(_ name: String, _ model: String, _ method: any Method.Type = MaskSub.self) throws {
      let folder = "\(TraceTests.fixtures)/\(name)"
      _ = try VisionTrace.run(
        model: model, weights: fixture(name), batch: TensorFile.open(folder + "/batch.safetensors"), ratio: 0.5,
        objective: .crossEntropy, method: method)
    }
    #expect(throws: InputError.self) { try trace("swin", "resnet50") }
    #expect(throws: InputError.self) { try trace("resnet", "resnet18") }
    #expect(throws: InputError.self) { try trace("resnet", "resnet50", DropSub.self) }
    try trace("swin", "swin_tiny_patch4_window7_224", DropSub.self)
    try trace("resnet", "resnet50", PathSub.self)
  }

  /// Statistics of the sub-branch's images: in by default, as in the original; out by `method.sub_statistics`.
  @Test func `running statistics of the sub-branch count unless told otherwise`() throws {
    func statistics(_ method: any Method, _ branches: BatchNormStatistics?) throws -> [Float] {
      let config = ResNetConfig(imageSize: 64, classes: 5, depths: [1, 1, 2, 1], widths: [4, 8, 12, 16])
      let task = ImageClassification(config.makeModel(), objective: .crossEntropy)
      let set = ParameterSet(task.model, on: .cpu, key: RandomKey(seed: 1))
      let batch = ImageClassification.Batch(
        images: Tensor.uniform([4, 3, 64, 64], RandomKey(seed: 2), on: .cpu),
        target: .labels(Tensor(indices: [0, 1, 2, 3], on: .cpu), smoothing: 0))
      _ = method(
        task, batch, into: Gradients(set),
        pass: Pass(isTraining: true, key: RandomKey(seed: 3), branchStatistics: branches))
      return set.buffers.flatMap { $0.value.floats() }
    }
    let plain = try statistics(Baseline(), nil)
    #expect(try statistics(MaskSub(ratio: 0.5), .batch(updating: false)) == plain)
    #expect(try statistics(MaskSub(ratio: 0.5), nil) != plain)
    let recipe = try VisionRecipe.named("rsb-a2-resnet50")
    #expect(LoopSettings(recipe, stepsPerEpoch: 1, seed: 0).subStatistics)
    let still = try recipe.with([("sub_statistics", "false")])
    #expect(!LoopSettings(still, stepsPerEpoch: 1, seed: 0).subStatistics)
  }
}
