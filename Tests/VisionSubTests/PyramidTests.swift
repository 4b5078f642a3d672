import SubCore
import SubData
import SubNN
import SubTrain
import Testing
import TraceCases

@testable import VisionSub

/// The families whose grids shrink from stage to stage: Swin and ResNet, against timm in float64. The cases are made by
/// scripts/reference/trace_fixtures.py.
@Suite struct PyramidTests {
  private static let swin = SwinConfig(
    imageSize: 64, classes: 5, width: 8, depths: [2, 2], heads: [1, 2], window: 4)
  private static let oddSwin = SwinConfig(imageSize: 96, classes: 5, width: 8, depths: [2, 2], heads: [2, 4])
  private static let resnet = ResNetConfig(
    imageSize: 64, classes: 5, depths: [1, 1, 2, 1], widths: [4, 8, 12, 16])
  private static let basicResNet = ResNetConfig(
    imageSize: 96, classes: 5, block: .basic, depths: [1, 2, 1, 1], widths: [4, 8, 12, 16])

  private func model(_ name: String) -> any VisionModel {
    switch name {
    case "swin": SwinTransformer(Self.swin)
    case "swin-odd": SwinTransformer(Self.oddSwin)
    case "resnet": ResNet(Self.resnet)
    default: ResNet(Self.basicResNet)
    }
  }

  /// Windows that fill the grid and windows that do not, shifted and not; both kinds of residual block.
  @Test(arguments: ["swin", "swin-odd", "resnet", "resnet-basic"], [Device.cpu, .reference])
  func `a step gives timm's logits, losses, gradients and running statistics`(_ name: String, on device: Device) throws
  {
    let trace = try TraceCase("\(TraceTests.fixtures)/\(name)")
    let model = model(name)
    let set = ParameterSet(model, on: device, key: nil)
    let weights = try trace.tensors("model.safetensors")
    for (name, tensor) in set.parameters.map({ ($0.name, $0.value) }) + set.buffers.map({ ($0.name, $0.value) }) {
      tensor.write(try weights.array(named: name).reshaped(tensor.shape.dimensions))
    }
    let batch = try trace.tensors("batch.safetensors")
    let labels = Tensor(indices: try batch.array(named: "labels").integers(), on: device)
    let settings = MethodSettings(
      ratio: try #require(Double(try trace.option("--ratio"))), noise: try batch.array(named: "mask_noise"))
    let results = Trace.run(
      ImageClassification(
        model, objective: try trace.option("--loss") == "bce" ? .binaryCrossEntropy : .crossEntropy()),
      ImageClassification.Batch(
        images: Tensor(try batch.array(named: "images"), on: device), target: .labels(labels, smoothing: 0)),
      set, MaskSub(settings), names: WeightNames(.own), outputs: { [($0 + ".logits", $1.host())] })
    #expect(try trace.differences(of: results) == [])
  }

  /// Of the official models; the Swins have a mask token more than timm's.
  @Test(arguments: [
    ("swin_tiny_patch4_window7_224", 28_288_450), ("swin_small_patch4_window7_224", 49_606_354),
    ("swin_base_patch4_window7_224", 87_768_352), ("resnet50", 25_557_032), ("resnet101", 44_549_160),
    ("resnet152", 60_192_808), ("resnet18", 11_689_512), ("resnet34", 21_797_672),
  ])
  func `parameters are as many as the original's`(_ name: String, _ count: Int) throws {
    let swin = SwinConfig.variants.first { $0.name == name }?.config
    let resnet = ResNetConfig.variants.first { $0.name == name }?.config
    let model: any VisionModel = try swin.map { SwinTransformer($0) } ?? ResNet(#require(resnet))
    #expect(model.namedParameters().reduce(0) { $0 + $1.parameter.shape.count } == count)
  }

  @Test func `running statistics move in training, unless told otherwise, and rule in evaluation`() {
    let model = ResNet(Self.resnet)
    let set = ParameterSet(model, on: .cpu, key: RandomKey(seed: 1))
    let images = Tensor.uniform([2, 3, 64, 64], RandomKey(seed: 2), on: .cpu)
    func trip(_ pass: Pass) -> (logits: [Float], statistics: [[Float]]) {
      let logits = Tape.withoutRecording { model(images, pass).floats() }
      return (logits, set.buffers.map { $0.value.floats() })
    }
    let evaluated = trip(.evaluation)
    var pass = Pass(isTraining: true, key: RandomKey(seed: 3))
    pass.statistics = .batch(updating: false)
    let still = trip(pass)
    #expect(still.statistics == evaluated.statistics && still.logits != evaluated.logits)
    let moving = trip(Pass(isTraining: true, key: RandomKey(seed: 3)))
    #expect(moving.logits == still.logits)
    #expect(zip(moving.statistics, still.statistics).allSatisfy { $0 != $1 })
    #expect(trip(.evaluation).logits != evaluated.logits)
  }

  @Test(arguments: ["swin", "resnet"]) func `masks and stochastic depth change a trip`(_ name: String) {
    let model = model(name)
    let set = ParameterSet(model, on: .cpu, key: RandomKey(seed: 1))
    // The last norm of a residual block starts at zero: nothing would be dropped.
    for parameter in set.parameters { parameter.initialize(RandomKey(seed: 4).fold(parameter.name)) }
    for parameter in set.parameters where parameter.name.hasSuffix("bn3.weight") {
      parameter.value.write(
        HostArray([Float](repeating: 0.5, count: parameter.shape.count), shape: parameter.shape.dimensions))
    }
    let images = Tensor.uniform([2, 3, 64, 64], RandomKey(seed: 2), on: .cpu)
    func logits(_ change: (inout Pass) -> Void = { _ in }) -> [Float] {
      var pass = Pass(isTraining: true, key: RandomKey(seed: 3))
      change(&pass)
      return Tape.withoutRecording { model(images, pass).floats() }
    }
    let plain = logits()
    #expect(plain.allSatisfy(\.isFinite) && logits { $0.key = RandomKey(seed: 9) } == plain)
    #expect(logits { $0.masking = Masking(ratio: 0.5) } != plain)
    #expect(logits { $0.dropPath = 0.9 } != plain)
  }

  @Test func `a step asks the system for no memory once it has run`() {
    for name in ["swin", "resnet"] {
      let model = model(name)
      let set = ParameterSet(model, on: .cpu, key: RandomKey(seed: 1))
      let gradients = Gradients(set)
      let images = Tensor.uniform([4, 3, 64, 64], RandomKey(seed: 2), on: .cpu)
      let target = Target.labels(Tensor(indices: [0, 1, 2, 3], on: .cpu), smoothing: 0)
      func step() {
        model(images, Pass(isTraining: true, key: RandomKey(seed: 3))).crossEntropy(target).backward(into: gradients)
        gradients.clear()
      }
      for _ in 0..<3 { step() }
      let before = Processor.memory.systemCalls
      for _ in 0..<5 { step() }
      // Other tests may allocate meanwhile, but a step makes hundreds of tensors.
      #expect(Processor.memory.systemCalls - before < 100)
    }
  }
}
