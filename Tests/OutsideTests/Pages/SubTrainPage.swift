import SubCore
import SubNN
import SubTrain
import Testing

extension LandingPages {
  @Test func `the example of SubTrain`() throws {
    final class Network: Module {
      let layer = Linear(16, 2)

      /// What the sub-branch is not to see is zero.
      func callAsFunction(_ x: Tensor, _ pass: Pass) -> Tensor {
        let isHidden = Tensor.uniform(x.shape, pass.key, on: x.device) .< (pass.masking?.ratio ?? 0)
        return layer(x.replacing(with: 0, where: isHidden))
      }
    }

    /// Sixteen numbers a sample: do they add up to more than zero?
    func batch(_ samples: some Sequence<Int>) -> Labelled<Tensor> {
      let rows = samples.map { sample in (0..<16).map { RandomKey(seed: sample).normal(at: $0) } }
      let labels = Tensor(indices: rows.map { $0.reduce(0, +) > 0 ? 1 : 0 }, on: .cpu)
      return Labelled(Tensor(rows.flatMap(\.self), [rows.count, 16], on: .cpu), .labels(labels, smoothing: 0))
    }

    let network = Network()
    let parameters = ParameterSet(network, on: .cpu, key: RandomKey(seed: 0))
    let batches = ShuffledBatches(count: 256, batchSize: 32, seed: 0) { batch($0) }
    try Trainer(
      Training(Supervised(.crossEntropy) { network($0, $1) }, parameters, batches), method: MaskSub(ratio: 0.25),
      optimizer: AdamW(parameters, weightDecay: 0), schedule: { _ in 3e-2 },
      settings: LoopSettings(totalSteps: 40, stepsPerEpoch: 8, seed: 0), reporter: SilentReporter()
    ).train()
    let others = batch(1000..<1100)
    print(network(others.input, .evaluation).crossEntropy(others.target).item)  // below 0.5
    #expect(network(others.input, .evaluation).crossEntropy(others.target).item < 0.5)
  }
}
