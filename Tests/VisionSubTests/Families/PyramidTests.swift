import SubCore
import SubData
import SubNN
import SubTrain
import Testing
import TraceCases

@testable import VisionSub

/// The families whose grids shrink from stage to stage: Swin and ResNet, against timm in float64.
@Suite struct PyramidTests {
  private static let swin = SwinConfig(
    imageSize: 64, classes: 5, width: 8, depths: [2, 2], heads: [1, 2], window: 4)
  private static let resnet = ResNetConfig(
    imageSize: 64, classes: 5, depths: [1, 1, 2, 1], widths: [4, 8, 12, 16])

  private func model(_ name: String) -> any VisionModel {
    name == "swin" ? SwinTransformer(Self.swin) : ResNet(Self.resnet)
  }

  /// Windows that fill the grid and windows that do not, shifted and not; both kinds of residual block; images that cells
  /// do not fill, with grids of odd sides. The weights do not say how large images are: those of the batch decide.
  @Test(
    arguments: ["swin", "swin-odd", "swin-uneven", "resnet", "resnet-basic", "resnet-uneven"], [Device.cpu, .reference])
  func `a step gives timm's logits, losses, gradients and running statistics`(_ name: String, on device: Device) throws
  {
    try TraceCase("\(TraceTests.fixtures)/\(name)").compare(on: device)
  }

  @Test(arguments: ["resnet", "resnet-basic", "resnet-uneven"], [Device.cpu, .reference])
  func `running statistics give timm's logits in evaluation`(_ name: String, on device: Device) throws {
    try TraceCase("\(TraceTests.fixtures)/\(name)").compareEvaluation(on: device)
  }

  /// Of the official models; the Swins have a mask token more than timm's.
  @Test(arguments: [
    ("swin_tiny_patch4_window7_224", 28_288_450), ("swin_small_patch4_window7_224", 49_606_354),
    ("swin_base_patch4_window7_224", 87_768_352), ("resnet50", 25_557_032), ("resnet101", 44_549_160),
    ("resnet152", 60_192_808), ("resnet18", 11_689_512), ("resnet34", 21_797_672),
  ])
  func `parameters are as many as the original's`(_ name: String, _ count: Int) throws {
    let model = try #require(VisionFamilies.configuration(named: name)).makeModel()
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
    #expect(logits { $0.dropPath = .everywhere(0.9) } != plain)
  }

  @Test func `a step asks the system for no memory once it has run`() async {
    // In a process of its own: the pool is that of the whole process, and other tests ask it too.
    await #expect(processExitsWith: .success) {
      for name in ["swin", "resnet"] {
        let model = PyramidTests().model(name)
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
        #expect(Processor.memory.systemCalls == before, "\(name)")
      }
    }
  }
}
