import SubCore
import SubNN
import Testing

@testable import SubTrain

/// Parameters that stay as they are.
struct FreezingTests {
  private final class Network: Module {
    let first = Linear(4, 8), second = Linear(8, 8), head = Linear(8, 3)

    func callAsFunction(_ x: Tensor) -> Tensor { head(second(first(x, .gelu), .gelu)) }
  }

  private func error(_ body: () throws -> Void) -> String {
    do { try body() } catch { return "\(error)" }
    return "none"
  }

  @Test(arguments: [
    ("blocks.0.attn.qkv.weight", "blocks.*", true), ("blocks.0.attn.qkv.weight", "blocks.0", true),
    ("blocks.10.attn.qkv.weight", "blocks.1", false), ("blocks.10.attn", "blocks.1?.attn", true),
    ("head.weight", "*.weight", true), ("head.bias", "*.weight", false), ("head.weight", "*", true),
    ("a.b.c", "*.b", true), ("a.bb.c", "*.b", false), ("aXbXc", "a*b*c", true), ("", "*", true), ("a", "", false),
  ]) func `a pattern matches names and modules`(name: String, pattern: String, matches: Bool) {
    #expect(Freezing.matches(name, pattern) == matches)
  }

  @Test func `what is frozen gets no gradient, no state and no decay, and the rest is as ever`() throws {
    func train(_ patterns: [String]) throws -> (before: [Float], after: [Float], states: [String], set: ParameterSet) {
      let network = Network()
      try Freezing(patterns).apply(to: network)
      let set = ParameterSet(network, on: .cpu, key: RandomKey(seed: 1))
      let before = set.parameters.flatMap { $0.value.floats() }
      let optimizer = AdamW(set, groups: ParameterGroups(set) { _ in ParameterRates(weightDecay: 0.1) })
      let gradients = Gradients(set)
      let x = Tensor.uniform([5, 4], RandomKey(seed: 2), on: .cpu)
      for _ in 0..<3 {
        network(x).crossEntropy(.labels(Tensor(indices: [0, 1, 2, 0, 1], on: .cpu), smoothing: 0))
          .backward(into: gradients)
        optimizer.step(gradients, lr: 0.01, factor: nil)
      }
      return (before, set.parameters.flatMap { $0.value.floats() }, optimizer.state().compactMap(\.tensor), set)
    }
    let (before, after, states, set) = try train(["second", "*.bias"])
    var offset = 0
    for parameter in set.parameters {
      let range = offset..<offset + parameter.shape.count
      #expect((before[range] == after[range]) == parameter.isFrozen, "\(parameter.name)")
      offset = range.upperBound
    }
    #expect(Set(states) == ["first.weight", "head.weight"])
    #expect(set.zeros().count == 32 + 32 && set.trained.count == 2)
    #expect(try train([]).before == before)
    // With everything below the head frozen its update is that of the head alone.
    let (alone, free) = (try train(["first", "second"]), try train([]))
    #expect(alone.after.suffix(27) != alone.before.suffix(27))
    #expect(alone.set.parameters[4].name == "head.weight" && free.after.prefix(32) != free.before.prefix(32))
  }

  @Test func `an average keeps what is frozen`() throws {
    let network = Network()
    try Freezing(["first"]).apply(to: network)
    let set = ParameterSet(network, on: .cpu, key: RandomKey(seed: 1))
    let average = EMA(set, decay: 0.5)
    let states = Dictionary(uniqueKeysWithValues: average.state().map { ($0.tensor ?? "", $0.array) })
    #expect(states.count == 6 && states["first.weight"]?.floats() == network.first.weight.value.floats())
    try average.restore { _, name in states[name ?? ""]! }
    average.update()
    average.evaluating { #expect(set.parameters[0].value.floats() == states["first.weight"]?.floats()) }
  }

  @Test func `what cannot be frozen is refused`() throws {
    #expect(error { try Freezing(["hed"]).apply(to: Network()) }.contains("no parameter is called 'hed' (--freeze)"))
    #expect(error { try Freezing(["hed"]).apply(to: Network()) }.contains("like 'head'"))
    #expect(error { try Freezing(["*"]).apply(to: Network()) }.contains("nothing is left"))
    let parts = error {
      try Freezing(["query.*"]).apply(to: Network()) { name in
        name == "first.weight" ? [["query.weight", "key.weight"]] : []
      }
    }
    #expect(parts.contains("query.weight, key.weight are one tensor"), "\(parts)")
    let line = try Freezing(["first", "second"]).apply(to: Network())
    #expect(line == "frozen: 4 of 6 tensors; 27 of 139 weights are trained")
    let network = Network()
    try Freezing(["head"]).apply(to: network)
    let set = ParameterSet(network, on: .cpu, key: nil)
    #expect(error { try Freezing.check(set, made: ["head.bias"], by: WeightNames(.own)) }.contains("starts anew"))
  }
}
