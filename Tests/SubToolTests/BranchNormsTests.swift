import ClipSub
import SubCore
import SubNN
import SubTrain
import Testing
import TextSub
import VisionSub

/// `--analyze`'s norms of real networks, held against gradients of the two losses computed apart.
@Suite struct BranchNormsTests {
  private let labels = Target.labels(Tensor(indices: [0, 1, 1, 0], on: .cpu), smoothing: 0)
  private let pass = Pass(isTraining: true, key: RandomKey(seed: 3))

  /// Checks a task with its network, in one part and in several.
  private func check<Task: TrainingTask>(
    _ task: Task, _ model: Module, _ batch: Task.Batch, parts: [Int] = [1, 2],
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let set = ParameterSet(model, on: .cpu, key: RandomKey(seed: 1))
    let gradients = Gradients(set)
    func buffers() -> [[Float]] { set.buffers.map { $0.value.floats() } }
    for parts in parts {
      /// The norm of a step whose whole loss is one of the two.
      func norm(subWeight: Double) -> Double {
        defer { gradients.clear() }
        var still = pass
        still.statistics = .batch(updating: false)
        _ = MaskSub(ratio: 0.5, subWeight: subWeight).inParts(parts, task, batch, into: gradients, pass: still)
        return gradients.norm().item
      }
      let before = buffers()
      let norms = BranchNorms(of: MaskSub(ratio: 0.5), task, [(batch, pass)], parts: parts, in: gradients)
      #expect(buffers() == before, sourceLocation: sourceLocation)
      for (own, weight) in [(norms.main, 0.0), (norms.sub, 1)] {
        let expected = norm(subWeight: weight)
        #expect(abs((own ?? 0) / expected - 1) < 1e-4 && expected > 1e-3, sourceLocation: sourceLocation)
      }
      #expect(set.parameters.allSatisfy { !gradients.isTouched($0) }, sourceLocation: sourceLocation)
    }
  }

  @Test func `a ViT's and a ResNet's`() {
    for (name, parts) in [("vit_shapes_patch4_32", [1, 2]), ("resnet_shapes_32", [1])] {
      let config = VisionFamilies.configuration(named: name)!
      let model = config.makeModel()
      let images = Tensor.uniform([4, 3, config.imageSize, config.imageSize], RandomKey(seed: 0), on: .cpu)
      check(
        ImageClassification(model, objective: .crossEntropy()), model,
        ImageClassification.Batch(images: images, target: labels), parts: parts)
    }
  }

  @Test func `a BERT's`() {
    var sizes = BERTConfig()
    (sizes.vocabularySize, sizes.width, sizes.layers, sizes.heads) = (100, 32, 2, 2)
    (sizes.intermediateWidth, sizes.positions) = (64, 16)
    let bert = BERTForSequenceClassification(sizes, labels: 2)
    let sentences = (0..<4).map { number in
      TextBatch.Sequence(
        ids: (10..<26).map { Int32($0 + number) }, typeIDs: Array(repeating: 0, count: 16),
        isEligible: Array(repeating: true, count: 16))
    }
    check(SequenceClassification(bert), bert, TextBatch(sentences, target: labels, maskID: 3, on: .cpu))
  }

  @Test func `a CLIP's, text tower and patch embedding included`() {
    var towers = ClipConfig()
    towers.embedWidth = 16
    (towers.image.size, towers.image.patch, towers.image.width, towers.image.layers) = (32, 8, 32, 2)
    (towers.image.heads, towers.image.mlpWidth) = (2, 64)
    (towers.text.contextLength, towers.text.vocabularySize, towers.text.width) = (12, 100, 32)
    (towers.text.layers, towers.text.heads, towers.text.mlpWidth) = (2, 2, 64)
    let clip = CLIP(towers)
    let images = Tensor.uniform([4, 3, 32, 32], RandomKey(seed: 0), on: .cpu)
    let texts: [[Int32]] = (1...4).map { [98, Int32($0), 99] }
    check(ContrastiveTask(clip), clip, ClipBatch(images: images, texts: texts))
  }
}
