import SubCore
import SubNN
import Testing

/// Weights of classes against torch 2's `cross_entropy(x, y, weight=w, label_smoothing=s)` in double.
struct TargetWeightsTests {
  private let logits: [Float] = [0.5, -1.2, 0.3, 1.5, 0.2, -0.7, -0.4, 0.9, 0.1, 0, 0.6, -1.1]
  private let weights: [Float] = [0.5, 2, 1.25]

  private func loss(_ weights: [Float]?, smoothing: Float) -> (value: Double, gradient: [Float]) {
    let x = Parameter([4, 3], .zeros)
    let set = ParameterSet([("x", x)], on: .cpu, key: nil)
    x.value.write(HostArray(logits, shape: [4, 3]))
    let gradients = Gradients(set)
    let target = Target.labels([0, 2, 1, 2], weights: weights, smoothing: smoothing, on: .cpu)
    let loss = x.tensor.crossEntropy(target)
    loss.backward(into: gradients)
    return (loss.item, gradients.value(of: x).floats())
  }

  @Test func `a weighted loss and its gradient are torch's`() {
    let plain = loss(weights, smoothing: 0)
    #expect(abs(plain.value - 1.4801182498021976) < 1e-6)
    let expected: [Float] = [
      -0.05003533, 0.009127722, 0.04090761, 0.18072268, 0.049252676, -0.22997536, 0.063310995, -0.16769318, 0.10438218,
      0.07923956, 0.14438389, -0.22362344,
    ]
    #expect(zip(plain.gradient, expected).allSatisfy { abs($0 - $1) < 1e-6 }, "\(plain.gradient)")
    #expect(abs(loss(weights, smoothing: 0.1).value - 1.4720416443829334) < 1e-6)
  }

  @Test func `equal weights change nothing`() {
    let (plain, equal) = (loss(nil, smoothing: 0.1), loss([3, 3, 3], smoothing: 0.1))
    #expect(abs(plain.value - equal.value) < 1e-6)
    #expect(zip(plain.gradient, equal.gradient).allSatisfy { abs($0 - $1) < 1e-6 })
  }
}
