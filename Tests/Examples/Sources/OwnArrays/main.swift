// MaskSub on arrays of one's own with a model of one's own: do sixteen numbers add up to more than zero?
import MaskSub

final class Network: Module {
  let (first, second) = (Linear(16, 64), Linear(64, 2))

  /// [N, 16] → [N, 2]. What the sub-branch is not to see is zero.
  func callAsFunction(_ x: Tensor, _ pass: Pass) -> Tensor {
    let isHidden = Tensor.uniform(x.shape, pass.key, on: x.device) .< (pass.masking?.ratio ?? 0)
    return second(first(x.replacing(with: 0, where: isHidden)).gelu())
  }
}

func batch(_ samples: some Sequence<Int>) -> Labelled<Tensor> {
  let rows = samples.map { sample in (0..<16).map { RandomKey(seed: sample).normal(at: $0) } }
  let labels = Tensor(indices: rows.map { $0.reduce(0, +) > 0 ? 1 : 0 }, on: .cpu)
  return Labelled(Tensor(rows.flatMap(\.self), [rows.count, 16], on: .cpu), .labels(labels, smoothing: 0))
}

let network = Network()
let parameters = ParameterSet(network, on: .cpu, key: RandomKey(seed: 0))
let batches = ShuffledBatches(count: 4096, batchSize: 64, seed: 0) { batch($0) }
try Trainer(
  Training(Supervised(.crossEntropy) { network($0, $1) }, parameters, batches), method: MaskSub(ratio: 0.25),
  optimizer: AdamW(parameters, weightDecay: 0.01), schedule: { _ in 3e-3 },
  settings: LoopSettings(totalSteps: 200, stepsPerEpoch: 64, seed: 0), reporter: LineReporter { print($0) }
).train()
let test = batch(10_000..<11_000)
print("loss on others", network(test.input, .evaluation).crossEntropy(test.target).item)
