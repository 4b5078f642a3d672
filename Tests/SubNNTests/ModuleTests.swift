import SubCore
import SubNN
import Testing

private final class Inner: Module {
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
}
