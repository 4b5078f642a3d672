import ClipSub
import SubCore
import SubData
import SubNN
import SubTrain
import TestSupport
import Testing

/// Runs of contrastive pretraining as a program of one's own makes them.
@Suite struct ClipRunTests {
  private let folder = TemporaryFolder()
  private let settings = RunSettings(seed: 3)
  private let merges = Repository.file("tokenizers/captions-bpe/merges.txt")
  private let captions = Repository.file("datasets/captions/train-0000.tar.gz")

  private func evaluation(_ model: ClipRunModel) throws -> ZeroShotEvaluation {
    try ZeroShotEvaluation(
      model, on: ZeroShotData(Repository.file("datasets/captions/val-0000.tar.gz")),
      classes: ClassNames(file: Repository.file("datasets/captions/classes.txt")), templates: .photo)
  }

  private func run(steps: Int) throws -> ClipRun {
    let recipe = try ClipRecipe.fromScratch.with([
      ("max_steps", "\(steps)"), ("batch_size", "16"), ("warmup_steps", "2"), ("save_every", "2"),
      ("evaluate_every", "100"), ("shuffle_buffer", "24"),
    ])
    let model = try ClipRunModel(ClipConfig.tiny(vocabulary: 659), merges: merges, settings)
    return try ClipRun(recipe, on: CaptionSet(captions), model, evaluating: evaluation(model), settings)
  }

  @Test func `a run trains, goes on, and is evaluated`() throws {
    let summary = try run(steps: 4).train(to: folder["whole"]).summary
    #expect(summary.metrics[0].name == "zeroshot_top1")
    let interrupted = try run(steps: 4)
    _ = Interruption.$simulated.withValue(.init()) {
      #expect(throws: Interruption.self) { try interrupted.train(to: folder["parts"]) }
    }
    try run(steps: 4).train(to: folder["parts"], resuming: true)
    let bytes = try ["whole", "parts"].map {
      try TemporaryFolder.bytes(folder["\($0)/checkpoints/4/model.safetensors"])
    }
    #expect(bytes[0] == bytes[1])

    var again = try evaluation(ClipRunModel(ClipFolder(folder["whole"]), settings))
    #expect(try again().metrics.map(\.value) == summary.metrics.map(\.value))
  }
}

extension ClipConfig {
  /// Towers of one block.
  fileprivate static func tiny(vocabulary: Int) -> ClipConfig {
    var config = ClipConfig()
    config.embedWidth = 16
    (config.image.size, config.image.patch, config.image.width) = (24, 12, 64)
    (config.image.layers, config.image.heads, config.image.mlpWidth) = (1, 1, 64)
    (config.text.contextLength, config.text.vocabularySize, config.text.width) = (32, vocabulary, 64)
    (config.text.layers, config.text.heads, config.text.mlpWidth) = (1, 1, 64)
    return config
  }
}
