import ClipSub
import SubCore
import SubNN
import SubTrain
import TextSub
import TinyNetworks
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
    let (bert, sentences) = TinyNetworks.bert()
    let labels = TinyNetworks.labels

    let config = VisionFamilies.configuration(named: "vit_shapes_patch4_32")!
    let vit = config.makeModel()
    let images = Tensor.uniform([4, 3, config.imageSize, config.imageSize], key, on: .cpu)

    let (clip, pairs) = TinyNetworks.clip()

    return [
      (
        "vit",
        try TinyRun(
          ImageClassification(vit, objective: .crossEntropy), vit,
          ImageClassification.Batch(images: images, target: labels)
        ).steadySteps()
      ),
      ("bert", try TinyRun(SequenceClassification(bert), bert, sentences).steadySteps()),
      ("clip", try TinyRun(ContrastiveTask(clip), clip, pairs).steadySteps()),
    ]
  }
}
