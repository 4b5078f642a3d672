import SubCore
import SubNN
import SubTrain
import Testing

/// A network of one's own through the loop, with nothing but a closure.
struct SupervisedTests {
  @Test func `a network of one's own learns from its own arrays`() throws {
    let network = Linear(4, 2)
    func batch(_ samples: [Int]) -> Labelled<Tensor> {
      let rows = samples.map { sample in (0..<4).map { RandomKey(seed: sample).normal(at: $0) } }
      let labels = Tensor(indices: rows.map { $0[0] > $0[3] ? 1 : 0 }, on: .cpu)
      return Labelled(Tensor(rows.flatMap(\.self), [rows.count, 4], on: .cpu), .labels(labels, smoothing: 0))
    }
    let parameters = ParameterSet(network, on: .cpu, key: RandomKey(seed: 0))
    let training = Training(
      Supervised(.crossEntropy) { network($0 * ($1.masking == nil ? 1 : 0.5)) }, parameters,
      ShuffledBatches(count: 256, batchSize: 32, seed: 0) { batch($0) })
    let test = batch(Array(1000..<1100))
    func loss() -> Double { Tape.withoutRecording { training.task.loss(network(test.input), test).item } }
    let before = loss()
    try Trainer(
      training, method: MaskSub(ratio: 0.5), optimizer: AdamW(parameters, weightDecay: 0), schedule: { _ in 0.03 },
      settings: LoopSettings(totalSteps: 60, stepsPerEpoch: 8, seed: 0)
    ).train()
    #expect(test.count == 100 && before > 0.6 && loss() < 0.3)
  }
}
