import SubCore
import SubNN
import Testing

/// Losses with what their targets carry.
@Suite struct LossTests {
  /// torch's `cross_entropy(x, y, label_smoothing=0.2)`.
  @Test(arguments: [nil, [1, 1, 1]] as [[Float]?])
  func `the smoothing of a target reaches its loss`(_ weights: [Float]?) {
    let logits = Tensor([2, 0, 0, 0, 1, 0], [2, 3], on: .cpu)
    let target = Target.labels([0, 1], weights: weights, smoothing: 0.2, on: .cpu)
    let loss = Loss.crossEntropy
    #expect(abs(loss(logits, target).item - 0.5954947) < 1e-6)
  }

  @Test func `binary cross-entropy does not pass over a smoothing`() async {
    await #expect(processExitsWith: .failure) {
      let loss = Loss.binaryCrossEntropy
      let logits = Tensor([2, 0, 0, 0, 1, 0], [2, 3], on: .cpu)
      _ = loss(logits, .labels(Tensor(indices: [0, 1], on: .cpu), smoothing: 0.2))
    }
  }
}
