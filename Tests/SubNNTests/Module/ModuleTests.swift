import SubCore
import SubNN
import Testing

private class Normed: Module {
  let runningMean = Buffer([2], filledWith: 0)
  let runningVariance = Buffer([2], filledWith: 1, key: "running_var")
}

private final class Inner: Normed {
  let weight = Parameter([2], .zeros)
  let gamma1 = Parameter([3], .zeros, key: "gamma_1")
  let absent: Parameter? = nil
}

private final class Outer: Module {
  let patchEmbed = Inner()
  @Key("self") var selfAttention = Inner()
  let blocks = [Inner(), Inner()]
}

private func layer() -> Linear { Linear(1, 1, bias: false) }

private final class Lists: Module {
  let tokens = [Parameter([2], .zeros), Parameter([3], .zeros, key: "cls")]
  let heads: [Linear?] = [nil, layer()]
  let towers = [[layer(), layer()], [layer()]]
  let more: [Linear]? = [layer()]
  let statistics = [[Buffer([1], filledWith: 0)]]
  // None of these is part of a network.
  let sizes = (width: 1, names: ["a"])
  let rates = ["a": 0.1]
  let table = [Float](repeating: 0, count: 1 << 20)
  let constant = Tensor([1], [1], on: .cpu)
}

private final class Named: Module {
  let heads = ["a": layer()]
}

private final class Paired: Module {
  let blocks = [(layer(), 1)]
}

private final class Wrapped: Module {
  struct Head {
    let scale: Parameter? = Parameter([1], .zeros)
  }
  let head: Head? = Head()
}

@Suite struct ModuleTests {
  @Test func `names are the checkpoint's`() {
    #expect(
      Outer().namedParameters().map(\.name) == [
        "patch_embed.weight", "patch_embed.gamma_1", "self.weight", "self.gamma_1", "blocks.0.weight",
        "blocks.0.gamma_1", "blocks.1.weight", "blocks.1.gamma_1",
      ])
  }

  @Test func `arrays hold parts of a network, optional ones and arrays of them too`() {
    let lists = Lists()
    #expect(
      lists.namedParameters().map(\.name) == [
        "tokens.0", "tokens.cls", "heads.1.weight", "towers.0.0.weight", "towers.0.1.weight", "towers.1.0.weight",
        "more.0.weight",
      ])
    #expect(lists.namedBuffers().map(\.name) == ["statistics.0.0"])
  }

  @Test func `parts of a network where they have no name trap`() async {
    await #expect(processExitsWith: .failure) { _ = Named().namedParameters() }
    await #expect(processExitsWith: .failure) { _ = Paired().namedParameters() }
    await #expect(processExitsWith: .failure) { _ = Wrapped().namedParameters() }
  }

  @Test func `buffers are found beside parameters and have memory of their own`() {
    let model = Outer()
    #expect(
      model.namedBuffers().map(\.name).prefix(4) == [
        "patch_embed.running_mean", "patch_embed.running_var", "self.running_mean", "self.running_var",
      ])
    let set = ParameterSet(model, on: .cpu, key: nil)
    #expect(set.buffers.count == 8 && set.parameters.count == 8 && set.count == 20)
    #expect(set.buffers[0].value.floats() == [0, 0] && set.buffers[1].value.floats() == [1, 1])
    model.blocks[0].runningMean.value.write(HostArray([3, 4] as [Float], shape: [2]))
    #expect(set.buffers[4].name == "blocks.0.running_mean" && set.buffers[4].value.floats() == [3, 4])
    #expect(set.arena.floats().allSatisfy { $0 == 0 })
  }

  @Test func `an average takes buffers in, and leaves them where a state has none`() throws {
    let model = Inner()
    let set = ParameterSet(model, on: .cpu, key: nil)
    let ema = EMA(set, decay: 0.75)
    model.runningMean.value.write(HostArray([4, 8] as [Float], shape: [2]))
    ema.update()
    #expect(ema.evaluating { model.runningMean.value.floats() } == [1, 2])
    #expect(model.runningMean.value.floats() == [4, 8])
    let state = Dictionary(ema.state().map { ($0.tensor ?? "", $0.array) }) { $1 }
    #expect(state.keys.sorted() == ["gamma_1", "running_mean", "running_var", "weight"])

    let fresh = EMA(set, decay: 0.75)
    try fresh.restore { _, name in
      guard let name, !name.hasPrefix("running"), let array = state[name] else {
        throw InputError("no such tensor", at: "state", cure: "")
      }
      return array
    }
    #expect(fresh.evaluating { model.runningMean.value.floats() } == [4, 8])
    try fresh.restore { try #require(state[$1 ?? ""]) }
    #expect(fresh.evaluating { model.runningMean.value.floats() } == [1, 2])
  }
}
