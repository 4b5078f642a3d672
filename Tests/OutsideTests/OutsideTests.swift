import Foundation
import MaskSub
import TestSupport
import Testing

// A family, a method, a task and a loss from outside the package: nothing here is @testable. What each costs is its lines.

/// Task: numbers in a row, to be told whether they add up to more than zero. What is hidden is zero.
private final class Sums: TrainingTask {
  final class Network: Module {
    let (first, second) = (Linear(16, 64), Linear(64, 2))
  }
  let network = Network()
  let objective = Loss.crossEntropy

  func forward(_ batch: Labelled<Tensor>, _ shared: Void, _ pass: Pass) -> Tensor {
    let isHidden = Tensor.uniform(batch.input.shape, pass.key, on: batch.input.device) .< (pass.masking?.ratio ?? 0)
    return network.second(network.first(batch.input.replacing(with: 0, where: isHidden)).gelu())
  }
  func loss(_ output: Tensor, _ batch: Labelled<Tensor>) -> Tensor { objective(output, batch.target) }
  func softTarget(of output: Tensor) -> Target { objective.softTarget(of: output) }
  func loss(_ output: Tensor, mimicking target: Target) -> Tensor { objective(output, mimicking: target) }
}

/// Method: both branches are masked, and each learns from the label and from the other; both graphs are alive at once.
private struct Mutual: SubTrain.Method {
  static let name = "mutual"
  static let ratio: MethodRatio? = .hidden
  let masking: Masking?

  init(_ settings: MethodSettings) { masking = settings.masking }
  var numbers: [(name: String, value: Double)] { [("ratio", masking?.ratio ?? 0)] }

  func train<Task>(_ step: Step<Task>) {
    let one = step.branch(0) { $0.masking = masking }
    let other = step.branch(1) { $0.masking = masking }
    step.backward(
      .main(step.loss(one), weight: 0.25), .main(step.loss(other), weight: 0.25),
      .sub(step.loss(one, mimicking: step.softTarget(of: other)), weight: 0.25),
      .sub(step.loss(other, mimicking: step.softTarget(of: one)), weight: 0.25))
  }
}

/// Family: bags of patches, recognised by their embedding and a head, in files whose names are their own.
private struct BagFamily: VisionFamily {
  struct Configuration: VisionConfiguration {
    static var family: any VisionFamily { BagFamily() }
    var (imageSize, classes, patch, width, dropPath) = (32, 8, 4, 24, Float(0))
    var cells: MaskGrid { MaskGrid(side: imageSize / patch, pixels: patch) }
    let hiddenCells = HiddenCells.removed
    let published = BagFamily.naming
    let decayRule = DecayRule.positions
    var layers: LayerOrder { LayerOrder(top: 1) { $0.hasPrefix("head") ? 1 : 0 } }
    var sizes: [(name: String, value: Int)] { [("width", width), ("patch", patch), ("classes", classes)] }
    var summary: String { "bag of \(width) features" }
    enum CodingKeys: CodingKey { case imageSize, classes, patch, width, dropPath }

    func validate(at place: String) throws(InputError) {}
    func makeModel() -> any VisionModel { Bag(self) }
    func plan(for weights: Weights, of found: any VisionConfiguration) throws -> LoadPlan {
      try LoadPlan(starts: weights.shape(of: "head.weight") == [classes, width] ? [] : ["head.*"])
    }
  }

  final class Bag: Module, VisionModel {
    let (classes, imageSize, patch): (Int, Int, Int)
    let (patchEmbed, head): (PatchEmbedding, Linear)
    init(_ config: Configuration) {
      (classes, imageSize, patch) = (config.classes, config.imageSize, config.patch)
      patchEmbed = PatchEmbedding(config.width, patch: config.patch, bias: true)
      head = Linear(config.width, config.classes)
    }
    func freezePatchEmbedding() { patchEmbed.freeze() }
    func stem(_ images: Tensor) -> Tensor? { nil }
    func callAsFunction(_ images: Tensor, stem: Tensor?, _ pass: Pass) -> Tensor {
      head(patchEmbed(images).gelu().reshaped(images.shape[0], -1, head.weight.shape[1]).mean(1))
    }
  }

  static let naming = Naming(
    "bag", "a bag's names", signatures: [["bag.weight", "out.weight"]],
    rules: [.init("patch_embed.proj.*", "bag.*"), .init("head.*", "out.*")])
  let name = "bag"
  let key = "bag"
  let namings = [naming]
  var variants: [(name: String, configuration: any VisionConfiguration)] { [("bag_tiny", Configuration())] }
  func recognised(_ weights: Weights, like variant: (any VisionConfiguration)?, beside notes: ModelNotes) throws
    -> RecognisedModel
  {
    var config = Configuration()
    let shape = try weights.shape(of: "patch_embed.proj.weight") ?? []
    (config.width, config.patch, config.classes) = (shape[0], shape[2], try weights.shape(of: "head.weight")![0])
    return RecognisedModel(config)
  }
  func recipe(following configuration: any VisionConfiguration) -> String { "shapes-tiny" }
  func summary(of weights: Weights) throws -> String { "bag" }
  func tensorNames(of weights: Weights) throws -> [String] { Bag(Configuration()).namedParameters().map(\.name) }
}

@Suite struct OutsideTests {
  @Test func `a task and a method from outside learn`() throws {
    func batch(_ samples: some Sequence<Int>) -> Labelled<Tensor> {
      let rows = samples.map { sample in (0..<16).map { RandomKey(seed: sample).normal(at: $0) } }
      let labels = Tensor(indices: rows.map { $0.reduce(0, +) > 0 ? 1 : 0 }, on: .cpu)
      return Labelled(Tensor(rows.flatMap(\.self), [rows.count, 16], on: .cpu), .labels(labels, smoothing: 0))
    }
    let task = Sums()
    let set = ParameterSet(task.network, on: .cpu, key: RandomKey(seed: 0))
    let others = batch(10_000..<10_500)
    let before = task.loss(task.forward(others, (), .evaluation), others).item
    try Trainer(
      Training(task, set, ShuffledBatches(count: 2048, batchSize: 64, seed: 0) { batch($0) }),
      method: Mutual(MethodSettings(ratio: 0.25)), optimizer: AdamW(set, weightDecay: 0.01), schedule: { _ in 3e-3 },
      settings: LoopSettings(totalSteps: 64, stepsPerEpoch: 32, seed: 0)
    ).train()
    #expect(task.loss(task.forward(others, (), .evaluation), others).item < 0.5 * before)
    #expect(try Methods.named("mutual", among: Methods.all + [Mutual.self]).name == "mutual")
  }

  @Test func `a loss from outside judges both branches`() throws {
    let softened = Loss {
      $0.crossEntropy($1)
    } softTarget: {
      .probabilities(($0 / 2).softmax())
    } mimicking: {
      4 * ($0 / 2).crossEntropy($1)
    }
    let network = Linear(2, 2, weights: .normal(deviation: 1))
    let set = ParameterSet(network, on: .cpu, key: RandomKey(seed: 0))
    // The sub-branch sees less of its input.
    let task = Supervised<Tensor>(softened) { network($0 * ($1.masking == nil ? 1 : 0.25)) }
    let input = Tensor([1, -2, 3, 0.5], [2, 2], on: .cpu)
    let labels = Target.labels(Tensor(indices: [0, 1], on: .cpu), smoothing: 0)
    let gradients = Gradients(set)
    let step = MaskSub(ratio: 0.5)(task, Labelled(input, labels), into: gradients, pass: .evaluation)
    let (main, sub) = (step.main.detached(), try #require(step.sub).detached())
    let expected = 4 * (sub / 2).crossEntropy(.probabilities((main / 2).softmax())).item
    #expect(step.losses.main.item == main.crossEntropy(labels).item)
    #expect(abs(try #require(step.losses.sub).item - expected) < 1e-6)
    #expect(abs(expected - sub.crossEntropy(.probabilities(main.softmax())).item) > 0.1)
    #expect(gradients.isTouched(network.weight))
  }

  @Test func `a family from outside is recognised, refitted and written back in its own names`() throws {
    let folder = TemporaryFolder()
    let (path, family) = (folder["bag.safetensors"], BagFamily())
    let set = ParameterSet(BagFamily.Configuration().makeModel(), on: .cpu, key: RandomKey(seed: 1))
    try set.write(to: path, WeightNames(BagFamily.naming))
    #expect(try Set(TensorFile.open(path).names) == ["bag.weight", "bag.bias", "out.weight", "out.bias"])
    #expect(throws: InputError.self) { try VisionFolder(path) }
    let opened = try VisionFolder(path, families: VisionFamilies.all + [family])
    var config = opened.configuration
    config.classes = 3
    let fitted = ParameterSet(config.makeModel(), on: .cpu, key: nil)
    let report = try opened.load(into: fitted, of: config, startingFrom: RandomKey(seed: 2))
    #expect(report.made == ["out.weight", "out.bias"] && report.loaded == ["bag.weight", "bag.bias"])
    #expect(fitted.parameters[0].value.floats() == set.parameters[0].value.floats())
  }
}
