import SubTrain
import Testing
import TextSub
import VisionSub

@testable import SubTool

/// `plan` as it is typed.
@Suite struct PlanTests {
  private func run(_ arguments: String...) -> ToolRun { ToolRun(arguments: ["plan"] + arguments) }

  @Test func `operations, time and memory of each method, by a given rate`() throws {
    let plan = run(
      "--recipe", "shapes-tiny", "--methods", "baseline,masking,masksub", "--samples", "640", "--classes", "8",
      "--set", "epochs=10", "--set", "batch_size=64", "--rate", "100")
    #expect(plan.code == 0, "\(plan.error)")
    let lines = plan.output.split(separator: "\n")
    #expect(lines.count == 6 && lines[0].contains("100 updates of 64, 10.0 epochs of 640"), "\(plan.output)")
    let rows = lines[3...].map { $0.split(separator: " ") }
    #expect(rows.map { $0[0] } == ["baseline", "masking", "masksub"])
    let (cost, epochs) = (rows.map { Double($0[1]) ?? 0 }, rows.map { Double($0.last ?? "") ?? 0 })
    // Half of the patches is about half of the work, and both together are the sum.
    #expect(abs(cost[2] - cost[0] - cost[1]) < 0.011 && cost[1] > 0.4 * cost[0] && cost[1] < 0.6 * cost[0])
    #expect(epochs[0] == 10 && abs(epochs[2] - 10 * cost[2] / cost[0]) < 0.6 && epochs[2] > 14)
  }

  @Test func `an epoch has as many updates as a run makes of it`() {
    // 4 batches of texts, by threes; 13 of pairs, the last one short; 3 of images, which are full.
    for (recipe, settings, updates) in [
      ("glue-scratch", ["epochs=2", "batch_size=32", "accumulation=3"], 4),
      ("clip-small", ["epochs=2", "batch_size=8"], 26),
      ("shapes-tiny", ["epochs=2", "batch_size=32"], 6),
    ] {
      let given = ["plan", "--recipe", recipe, "--samples", "100", "--rate", "50", "--methods", "baseline"]
      let plan = ToolRun(arguments: given + settings.flatMap { ["--set", $0] })
      #expect(plan.output.contains(" \(updates) updates of"), "\(plan.output)\(plan.error)")
    }
  }

  @Test func `a card's rate, machines, and every kind of recipe`() {
    let one = run("--recipe", "glue-scratch", "--card", "a100", "--methods", "masksub", "--precision", "bf16")
    let eight = run(
      "--recipe", "glue-scratch", "--card", "a100", "--methods", "masksub", "--precision", "bf16", "--machines", "8")
    #expect(
      one.code == 0 && one.output.contains("40% of the 312.0 TFLOP/s") && one.output.contains("(a guess: --share)"))
    func speed(_ run: ToolRun) -> Double {
      run.output.split(separator: "\n").last.flatMap { Double($0.split(separator: " ")[4]) } ?? 0
    }
    #expect(speed(one) > 100 && abs(speed(eight) / speed(one) - 8) < 0.1)
    let clip = run("--recipe", "clip-small", "--samples", "1000", "--rate", "50")
    #expect(clip.code == 0 && clip.output.contains("a small CLIP"), "\(clip.error)")
    #expect(!clip.output.contains("datasets/captions"))
    let short = run("--recipe", "glue-scratch", "--card", "a100", "--precision", "bf16", "--tokens", "16")
    #expect(short.output.contains("sequences of 16 tokens") && speed(short) > 5 * speed(one), "\(short.output)")
    let images = run("--recipe", "shapes-tiny", "--rate", "50", "--tokens", "8")
    #expect(images.code == 2 && images.error.contains("shapes-tiny reads no texts (--tokens)"), "\(images.error)")
    let unknown = run("--recipe", "clip", "--rate", "50")
    #expect(unknown.code == 2 && unknown.error.contains("how many pairs an epoch has"))
    let typo = run("--recipe", "deit3-s-40")
    #expect(typo.code == 2 && typo.error.contains("did you mean 'deit3-s-400'?"))
    let both = run("--recipe", "glue-scratch", "--rate", "50", "--card", "a100")
    #expect(both.code == 2 && both.error.contains("--share is that of a --card"))
  }

  @Test(arguments: [
    ("transfer-flowers", "102 classes, Flowers; ", "1000.0 epochs of 2040"),
    ("shapes-tiny", "8 classes, datasets/shapes; ", "40.0 epochs of 768"),
    ("glue-scratch", "sequences of 128 tokens, datasets/acceptability; ", "20.0 epochs of 3600"),
    ("clip-small", "datasets/captions; ", "epochs of 4000"),
  ]) func `a recipe's data has its own size, and the first line says it`(
    _ recipe: String, _ title: String, _ length: String
  ) {
    let plan = run("--recipe", recipe, "--methods", "baseline", "--rate", "100")
    let first = plan.output.prefix { $0 != "\n" }
    #expect(plan.code == 0 && first.contains(title) && first.hasSuffix(length), "\(plan.output) \(plan.error)")
  }

  @Test func `every recipe of pictures and of texts names its data`() {
    for entry in VisionRecipe.book { #expect((entry.data?.classes ?? 0) > 1, "\(entry.recipe.name)") }
    #expect(GLUERecipe.book.map { $0.data?.name } == ["CoLA", "datasets/acceptability"])
    #expect(GLUERecipe.book[0].data?.samples == 8551)
  }
}
