import ClipSub
import SubCore
import SubNN
import SubTrain
import Testing
import TextSub
import TinyNetworks
import VisionSub

/// `--analyze`'s norms of real networks, held against gradients of the two losses computed apart.
@Suite struct BranchNormsTests {
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
        ImageClassification(model, objective: .crossEntropy), model,
        ImageClassification.Batch(images: images, target: TinyNetworks.labels), parts: parts)
    }
  }

  @Test func `a BERT's`() {
    let (bert, sentences) = TinyNetworks.bert()
    check(SequenceClassification(bert), bert, sentences)
  }

  @Test func `a CLIP's, text tower and patch embedding included`() {
    let (clip, pairs) = TinyNetworks.clip()
    check(ContrastiveTask(clip), clip, pairs)
  }
}
