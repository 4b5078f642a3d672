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

@Suite struct ModuleTests {
  @Test func `names are the checkpoint's`() {
    #expect(
      Outer().namedParameters().map(\.name) == [
        "patch_embed.weight", "patch_embed.gamma_1", "self.weight", "self.gamma_1", "blocks.0.weight",
        "blocks.0.gamma_1", "blocks.1.weight", "blocks.1.gamma_1",
      ])
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
