import ClipSub
import Foundation
import SubCore
import SubNN
import SubTrain
import Testing

/// open_clip 3.3.0's defaults, from its parameter groups and its scheduler.
struct ClipRecipeTests {
  private let recipe = ClipRecipe()

  @Test func `what does not decay is open_clip's list`() throws {
    let model = CLIP(try #require(ClipConfig(named: "ViT-B-32")))
    let parameters = model.namedParameters()
    let free = parameters.filter { !recipe.decayRule.decays($0.name, rank: $0.parameter.shape.rank) }
    #expect(parameters.count == 302 && free.count == 200)
    #expect(free.reduce(0) { $0 + $1.parameter.shape.count } == 204_545)
    let decayed = Set(parameters.filter { recipe.decayRule.decays($0.name, rank: $0.parameter.shape.rank) }.map(\.name))
    for name in ["visual.pos_embed", "text.pos_embed", "text.token_embedding.weight", "visual.proj"] {
      #expect(decayed.contains(name), "\(name)")
    }
    #expect(!decayed.contains("visual.cls_token") && !decayed.contains("logit_scale"))
    let current = try recipe.with([("decays_positions", "false")])
    #expect(parameters.filter { !current.decayRule.decays($0.name, rank: $0.parameter.shape.rank) }.count == 202)
  }

  @Test func `warm-up and cosine are open_clip's to the step`() {
    let (warmup, total) = (10000, 125_000)
    var recipe = recipe
    recipe.loop.maxSteps = total
    let rates = recipe.rates(stepsPerEpoch: 1)
    for step in [0, 1, 9999, 10000, 10001, 67500, 124_999] {
      let expected =
        step < warmup
        ? 5e-4 * Double(step + 1) / Double(warmup)
        : 0.5 * (1 + cos(Double.pi * Double(step - warmup) / Double(total - warmup))) * 5e-4
      #expect(abs(rates.rate(at: step) - expected) < 1e-15, "step \(step)")
    }
  }

  @Test func `its numbers`() {
    let adam = recipe.optimizer
    #expect(adam.name == .adamw && adam.beta1 == 0.9 && adam.beta2 == 0.98 && adam.epsilon == 1e-6)
    #expect(adam.weightDecay == 0.2 && adam.clipNorm == 0)
    #expect(recipe.loop.batchSize == 64 && recipe.schedule.epochs == 32)
    #expect(throws: InputError.self) { try recipe.with([("batch_size", "0")]) }
    #expect(throws: InputError.self) { try recipe.with([("accumulation", "65")]) }
  }
}
