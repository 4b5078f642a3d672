import SubCore
import SubData
import SubNN
import SubTrain
import Testing

@testable import VisionSub

@Suite struct ModelTests {
  /// Parameters of the official models with 1000 classes; BEiT's have a mask token [D] more than its finetuning code.
  @Test(arguments: [
    ("deit3_small_patch16_224", 22_059_496), ("deit3_base_patch16_224", 86_585_320),
    ("deit3_large_patch16_224", 304_374_760), ("deit3_huge_patch14_224", 632_126_440),
    ("vit_base_patch16_224.mae", 86_567_656), ("vit_large_patch16_224.mae", 304_326_632),
    ("vit_huge_patch14_224.mae", 632_045_800), ("beitv2_base_patch16_224", 86_530_984 + 768),
    ("beitv2_large_patch16_224", 304_430_568 + 1024), ("vit_base_patch16_clip_quickgelu_224", 86_568_424),
    ("vit_large_patch14_clip_quickgelu_224", 304_204_776),
  ])
  func `parameters are as many as the original's`(_ name: String, _ count: Int) throws {
    let model = VisionTransformer(try #require(VisionFamilies.configuration(named: name) as? VisionTransformerConfig))
    #expect(model.namedParameters().reduce(0) { $0 + $1.parameter.shape.count } == count)
  }

  @Test func `a timm name of another size of images is known`() {
    for name in [
      "vit_tiny_patch16_384", "deit3_small_patch16_384", "vit_base_patch16_clip_384", "deit_tiny_patch16_224",
    ] {
      #expect(VisionFamilies.configuration(named: name) != nil, "\(name)")
    }
    for name in ["vit_tiny_patch16_22", "vit_tiny_patch16_16", "vit_tiny_patch16", "vit_tiny_384"] {
      #expect(VisionFamilies.configuration(named: name) == nil, "\(name)")
    }
  }

  @Test func `timm's ratio of an MLP makes its width again`() {
    for width in 1...64 {
      for hidden in 1...200 {
        let config = VisionTransformerConfig(patchSize: 16, width: width, depth: 1, heads: 1, hidden: hidden)
        let ratio = config.timm?.arguments["mlp_ratio"]?.double ?? 0
        #expect(Int(Double(width) * ratio) == hidden, "\(width), \(hidden)")
      }
    }
  }

  @Test func `the regularised branches differ and the evaluation does not`() throws {
    var config = try #require(VisionFamilies.configuration(named: "vit_shapes_patch4_32") as? VisionTransformerConfig)
    (config.layerScale, config.dropPath, config.depth) = (0.1, 0, 2)
    let model = VisionTransformer(config)
    let set = ParameterSet(model, on: .cpu, key: RandomKey(seed: 1))
    let images = Tensor.uniform([3, 3, 32, 32], RandomKey(seed: 2), on: .cpu)
    func logits(_ change: (inout Pass) -> Void = { _ in }) -> [Float] {
      var pass = Pass(isTraining: true, key: RandomKey(seed: 3))
      change(&pass)
      return Tape.withoutRecording { model(images, pass).floats() }
    }
    let plain = logits()
    #expect(plain == Tape.withoutRecording { model(images, .evaluation).floats() })
    #expect(logits { $0.branchDropout = 0.2 } != plain)
    #expect(logits { $0.dropPath = .everywhere(0.9) } != plain)
    #expect(logits { $0.masking = Masking(ratio: 0.5) } != plain)
    #expect(set.parameters.count == model.namedParameters().count && plain.allSatisfy(\.isFinite))
  }

  @Test func `a frozen patch embedding gets no gradient`() throws {
    let model = VisionTransformer(
      try #require(VisionFamilies.configuration(named: "vit_shapes_patch4_32") as? VisionTransformerConfig))
    model.freezePatchEmbedding()
    let set = ParameterSet(model, on: .cpu, key: RandomKey(seed: 1))
    let task = ImageClassification(model, objective: .crossEntropy)
    let batch = ImageClassification.Batch(
      images: Tensor.uniform([2, 3, 32, 32], RandomKey(seed: 2), on: .cpu),
      target: .labels(Tensor(indices: [0, 3], on: .cpu), smoothing: 0))
    let gradients = Gradients(set)
    let step = MaskSub(ratio: 0.5)
    _ = step(task, batch, into: gradients, pass: Pass(isTraining: true, key: RandomKey(seed: 4)))
    #expect(!gradients.isTouched(model.patchEmbed.proj.weight))
    let head = try #require(model.head)
    #expect(gradients.isTouched(model.clsToken) && gradients.isTouched(head.weight))
    #expect(gradients.norm().item.isFinite)
  }

  @Test func `rows of the stem are what kept patches embed to alone`() throws {
    let model = VisionTransformer(
      try #require(VisionFamilies.configuration(named: "vit_shapes_patch4_32") as? VisionTransformerConfig))
    let set = ParameterSet(model, on: .cpu, key: RandomKey(seed: 1))
    let images = Tensor.uniform([2, 3, 32, 32], RandomKey(seed: 2), on: .cpu)
    var pass = Pass.evaluation
    pass.masking = Masking(ratio: 0.5)
    let alone = model(images, pass).floats()
    let shared = model(images, stem: model.stem(images), pass).floats()
    #expect(zip(alone, shared).allSatisfy { abs($0 - $1) < 1e-5 } && set.parameters.count > 0)
    #expect(alone != model(images, .evaluation).floats())
  }
}
