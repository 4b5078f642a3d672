import SubCore
import Testing

extension LandingPages {
  @Test func `the example of SubCore`() throws {
    let weight = Parameter([2, 3], .zeros)
    let parameters = ParameterSet([("weight", weight)], on: .cpu, key: nil)
    let gradients = Gradients(parameters)
    let x = Tensor([1, 2, 3, 4, 5, 6], [2, 3], on: .cpu)
    let loss = x.linear(weight.tensor).crossEntropy(.labels(Tensor(indices: [0, 1], on: .cpu), smoothing: 0))
    loss.backward(into: gradients)
    print(loss.item, gradients.value(of: weight).floats())  // 0.693…, [0.75, 0.75, 0.75, -0.75, -0.75, -0.75]
    #expect(abs(loss.item - 0.693147) < 1e-6)
    let slope = gradients.value(of: weight).floats()
    #expect(zip(slope, [0.75, 0.75, 0.75, -0.75, -0.75, -0.75]).allSatisfy { abs($0 - $1) < 1e-6 }, "\(slope)")
  }
}
