import SubCore
import Testing

@Suite struct RecomputationTests {
  private let first = Parameter([4, 4], .normal(deviation: 0.7))
  private let second = Parameter([4, 4], .normal(deviation: 0.7))
  private let bias = Parameter([4], .normal(deviation: 0.7))

  /// Two layers, each of which reads a bias that both share; what comes in goes around them, too.
  private func gradients(recomputing: Bool, runs: (() -> Void)? = nil) -> [[Double]] {
    let set = ParameterSet(
      [("first", first), ("second", second), ("bias", bias)], on: .cpu, key: RandomKey(seed: 5))
    let result = Gradients(set)
    let shared = bias.tensor * 2
    var x = Tensor((0..<12).map { Double($0) / 7 }, [3, 4], on: .cpu).linear(first.tensor)
    for layer in [second, second, first] {
      let body = { (inputs: [Tensor], again: Bool) -> [Tensor] in
        if again { runs?() }
        let hidden = inputs[0].linear(layer.tensor, inputs[1], .gelu)
        return [hidden + inputs[0], hidden * hidden]
      }
      let outputs = recomputing ? Tape.recomputing([x, shared], body) : body([x, shared], false)
      x = outputs[0] + outputs[1] * 0.1
    }
    (x * x).sum().backward(into: result)
    return set.parameters.map { result.value(of: $0).doubles() }
  }

  @Test func `gradients have the bits that they have without, and everything runs again once`() {
    var runs = 0
    #expect(gradients(recomputing: true) { runs += 1 } == gradients(recomputing: false))
    #expect(runs == 3)
  }

  @Test func `where no gradient flows it just runs`() {
    let x = Tensor([2, 2], filledWith: 3, on: .cpu)
    let y = Tape.recomputing([x]) { inputs, again in
      #expect(!again)
      return [inputs[0] * 2]
    }
    #expect(!y[0].isTracked && y[0].doubles() == [6, 6, 6, 6])
  }
}
