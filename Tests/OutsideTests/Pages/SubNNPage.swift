import SubCore
import SubNN
import Testing

extension LandingPages {
  @Test func `the example of SubNN`() throws {
    final class Classifier: Module {
      let (hidden, head) = (Linear(16, 64), Linear(64, 2))
      func callAsFunction(_ x: Tensor) -> Tensor { head(hidden(x).gelu()) }
    }

    let network = Classifier()
    let parameters = ParameterSet(network, on: .cpu, key: RandomKey(seed: 0))
    let (optimizer, gradients) = (AdamW(parameters, weightDecay: 0.01), Gradients(parameters))
    let x = Tensor.uniform([8, 16], RandomKey(seed: 1), on: .cpu)
    let labels = Tensor(indices: [0, 1, 0, 1, 0, 1, 0, 1], on: .cpu)
    for _ in 0..<100 {
      network(x).crossEntropy(.labels(labels, smoothing: 0)).backward(into: gradients)
      optimizer.step(gradients, lr: 1e-2, factor: nil)
      gradients.clear()
    }
    print(network(x).crossEntropy(.labels(labels, smoothing: 0)).item)  // learned by heart
    #expect(network(x).crossEntropy(.labels(labels, smoothing: 0)).item < 0.2)
  }
}
