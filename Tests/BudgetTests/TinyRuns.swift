import ClipSub
import SubCore
import SubNN
import SubTrain
import TextSub
import VisionSub

/// A network that sees the same batch again and again, and the pool's counters behind every update.
final class TinyRun<Task: TrainingTask>: Trainable {
  let task: Task
  let parameters: ParameterSet
  let source: ShuffledBatches<Task.Batch>
  private var counters: [(allocations: Int, systemCalls: Int)] = []

  init(_ task: Task, _ model: Module, _ batch: Task.Batch) {
    self.task = task
    parameters = ParameterSet(model, on: .cpu, key: RandomKey(seed: 0))
    source = ShuffledBatches(count: 1, batchSize: 1, seed: 0) { _ in batch }
  }

  func afterUpdate() {
    let memory = Processor.memory
    counters.append((memory.allocations, memory.systemCalls))
  }

  /// What each of some steps of MaskSub behind the first ones took.
  func steadySteps() throws -> [(allocations: Int, systemCalls: Int)] {
    var settings = LoopSettings(totalSteps: 8, stepsPerEpoch: 8, seed: 0)
    settings.clipNorm = 1
    let optimizer = AdamW(parameters, weightDecay: 0.05)
    try Trainer(self, method: MaskSub(ratio: 0.5), optimizer: optimizer, schedule: { _ in 1e-4 }, settings: settings)
      .train()
    return zip(counters.dropFirst(4), counters.dropFirst(3)).map { later, earlier in
      (later.allocations - earlier.allocations, later.systemCalls - earlier.systemCalls)
    }
  }
}

enum TinyRuns {
  /// One run of every modality.
  static func all() throws -> [(name: String, steps: [(allocations: Int, systemCalls: Int)])] {
    let key = RandomKey(seed: 0)
    var sizes = BERTConfig()
    (sizes.vocabularySize, sizes.width, sizes.layers, sizes.heads) = (100, 32, 2, 2)
    (sizes.intermediateWidth, sizes.positions) = (64, 16)
    let bert = BERTForSequenceClassification(sizes, labels: 2)
    let sentence = TextBatch.Sequence(
      ids: (10..<26).map { Int32($0) }, typeIDs: Array(repeating: 0, count: 16),
      isEligible: Array(repeating: true, count: 16))
    let labels = Target.labels(Tensor(indices: [0, 1, 1, 0], on: .cpu), smoothing: 0)
    let sentences = TextBatch(Array(repeating: sentence, count: 4), target: labels, maskID: 3, on: .cpu)

    let config = VisionFamilies.configuration(named: "vit_shapes_patch4_32")!
    let vit = config.makeModel()
    let images = Tensor.uniform([4, 3, config.imageSize, config.imageSize], key, on: .cpu)

    var towers = ClipConfig()
    towers.embedWidth = 16
    (towers.image.size, towers.image.patch, towers.image.width, towers.image.layers) = (32, 8, 32, 2)
    (towers.image.heads, towers.image.mlpWidth) = (2, 64)
    (towers.text.contextLength, towers.text.vocabularySize, towers.text.width) = (12, 100, 32)
    (towers.text.layers, towers.text.heads, towers.text.mlpWidth) = (2, 2, 64)
    let clip = CLIP(towers)
    let texts: [[Int32]] = (1...4).map { [98, Int32($0), 99] }

    return [
      (
        "vit",
        try TinyRun(
          ImageClassification(vit, objective: .crossEntropy()), vit,
          ImageClassification.Batch(images: images, target: labels)
        ).steadySteps()
      ),
      ("bert", try TinyRun(SequenceClassification(bert), bert, sentences).steadySteps()),
      ("clip", try TinyRun(ContrastiveTask(clip), clip, ClipBatch(images: images, texts: texts)).steadySteps()),
    ]
  }
}
