import ClipSub
import SubCore
import SubData
import SubNN
import SubTrain
import TestSupport
import Testing
import VisionSub

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

  @Test func `a new model has as many ids as its tokenizer, or those of a run that was begun with more`() throws {
    let larger = ClipConfig.tiny(vocabulary: 700)
    let error = #expect(throws: InputError.self) { try ClipRunModel(larger, merges: merges, settings) }
    #expect(error?.what == "the tokenizer has 659 ids, the model 700")
    #expect(error?.cure.contains(#"say "vocab_size": 659 in the text_cfg"#) == true)
    let fitted = try ClipRunModel(larger, merges: merges, vocabulary: .tokenizers, settings)
    #expect(fitted.config.text.vocabularySize == 659)
    #expect(fitted.details == ["token ids: 659, as \(merges) has, not the model's 700"])
    #expect(try ClipRunModel(larger, merges: merges, vocabulary: .begun, settings).config == larger)
    let smaller = ClipConfig.tiny(vocabulary: 600)
    #expect(throws: InputError.self) { try ClipRunModel(smaller, merges: merges, vocabulary: .begun, settings) }
  }

  @Test func `a new model has the heads and the activation that are said`() throws {
    let hints = WeightHints(heads: 2, textHeads: 1, activation: .quickGelu)
    let model = try ClipRunModel(hints: hints, merges: merges, settings)
    #expect(model.config.image.heads == 2 && model.config.text.heads == 1 && model.config.activation == .quickGelu)
    let error = #expect(throws: InputError.self) {
      try ClipRunModel(hints: WeightHints(heads: 3), merges: merges, settings)
    }
    #expect(error?.place == "--heads")
  }

  @Test func `what a model's files want and training does otherwise is said`() throws {
    var config = ClipConfig.tiny(vocabulary: 659)
    config.patchDropout = 0.25
    var model = try ClipRunModel(config, merges: merges, settings)
    model.preparation.refused[.mode] = InputError("resize_mode longest", at: "a file", cure: "say with --crop-mode")
    let recipe = try ClipRecipe.fromScratch.with([("max_steps", "100")])
    let run = try ClipRun(recipe, on: CaptionSet(captions), model, settings)
    #expect(run.remarks.count == 2 && run.remarks[0].hasPrefix("resize_mode longest (a file): training does otherwise"))
    #expect(run.remarks[1].contains("patch_dropout 0.25") && run.remarks[1].contains("--method masking --ratio 0.25"))
    let evaluated = #expect(throws: InputError.self) {
      try ClipRun(recipe, on: CaptionSet(captions), model, evaluating: evaluation(model), settings)
    }
    #expect(
      evaluated?.what == "resize_mode longest" && evaluated?.cure.contains("leave the evaluation to zero-shot") == true)
    model.preparation.refused = [.mean: InputError("no mean", at: "a file", cure: "say with --mean")]
    let unnormalised = #expect(throws: InputError.self) {
      try ClipRun(recipe, on: CaptionSet(captions), model, settings)
    }
    #expect(unnormalised?.what == "no mean" && unnormalised?.cure.contains("--") == false)
  }

  @Test func `ranks make the run of one process, and another number of them goes on with it`() throws {
    let path = folder.path
    let train: @Sendable (any Communicator, String, Bool) throws -> (losses: [Double], figures: [Double]) = {
      ranks, name, resuming in
      let merges = Repository.file("tokenizers/captions-bpe/merges.txt")
      let recipe = try ClipRecipe.fromScratch.with([
        ("max_steps", "4"), ("batch_size", "12"), ("warmup_steps", "2"), ("save_every", "2"),
        ("evaluate_every", "100"), ("shuffle_buffer", "24"), ("log_every", "1"), ("eval_batch_size", "50"),
      ])
      let settings = RunSettings(seed: 3, keep: 2, ranks: ranks)
      let model = try ClipRunModel(ClipConfig.tiny(vocabulary: 659), merges: merges, settings)
      let evaluation = try ZeroShotEvaluation(
        model, on: ZeroShotData(Repository.file("datasets/captions/val-0000.tar.gz")),
        classes: ClassNames(file: Repository.file("datasets/captions/classes.txt")), templates: .photo,
        sharedBy: ranks)
      let captions = try CaptionSet(Repository.file("datasets/captions/train-0000.tar.gz"))
      let result = try ClipRun(recipe, on: captions, model, evaluating: evaluation, settings)
        .train(to: "\(path)/\(name)", resuming: resuming)
      let records = try RunLog.objects(result.folder.path).filter { $0["split"]?.string == "train" }
      return (
        records.flatMap { record in ["loss", "loss_sub", "grad_norm"].map { record[$0]?.double ?? 0 } },
        result.summary.metrics.map(\.value)
      )
    }
    let one = try train(SingleProcess(), "one", false)
    #expect(one.losses.count == 12 && one.losses.allSatisfy { $0 > 0 })
    func check(_ results: [(losses: [Double], figures: [Double])]) {
      for result in results {
        #expect(result.losses.count == one.losses.count && result.figures == results[0].figures)
        #expect(
          zip(result.losses, one.losses).allSatisfy { abs($0 - $1) < 1e-5 * $1 }, "\(result.losses) \(one.losses)")
      }
    }
    check(try ThreadRanks.run(4) { try train($0, "several", false) })
    FileSystem.remove(folder["several/checkpoints/4"])
    check(try ThreadRanks.run(3) { try train($0, "several", true) })
  }

  /// Everything that an evaluation finds, as so many ranks share it out.
  private static func evaluated(on path: String, masking: Masking?, among ranks: Int) throws -> [[Double]] {
    let merges = Repository.file("tokenizers/captions-bpe/merges.txt")
    return try ThreadRanks.run(ranks) { ranks in
      let model = try ClipRunModel(ClipConfig.tiny(vocabulary: 659), merges: merges, RunSettings(seed: 3))
      var options = CaptionOptions()
      options.faults.share = 1
      var evaluation = try ZeroShotEvaluation(
        model, on: ZeroShotData(path, options),
        classes: ClassNames(file: Repository.file("datasets/captions/classes.txt")), templates: .simple, batchSize: 10,
        sharedBy: ranks)
      let found = try evaluation(masking: masking)
      return found.metrics.map(\.value) + [found.loss ?? -1, found.maskedLoss ?? -1]
    }
  }

  @Test(arguments: [2, 3, 4]) func `ranks find in an evaluation what one process finds`(count: Int) throws {
    // 324 labelled pairs, of which the last ranks have none in the last turn; pairs of which some are broken; classes.
    let broken = folder["broken"]
    try CaptionFiles.pictures([33, 20], broken: { $1 % 7 == 3 }, in: broken)
    let names = try ClassNames(file: Repository.file("datasets/captions/classes.txt")).names
    for (label, name) in names.enumerated() {
      for number in 0..<(label == 4 ? 7 : 1) {
        try CaptionFiles.write(CaptionFiles.png, folder["classes/\(100 + label) \(name)/\(number).png"])
      }
    }
    for (path, figures) in [
      (Repository.file("datasets/captions/val-0000.tar.gz"), 14), (broken, 12), (folder["classes"], 4),
    ] {
      let masking = path.hasSuffix("gz") ? Masking(ratio: 0.5) : nil
      let whole = try Self.evaluated(on: path, masking: masking, among: 1)[0]
      #expect(whole.count == figures)
      for found in try Self.evaluated(on: path, masking: masking, among: count) { #expect(found == whole, "\(path)") }
    }
  }

  @Test func `unreadable pictures of class folders are not counted, and said`() throws {
    for place in 0..<6 { try CaptionFiles.write(CaptionFiles.png, folder["classes/\(place % 2)/\(place).png"]) }
    try CaptionFiles.write([1, 2, 3], folder["classes/1/broken.png"])
    let model = try ClipRunModel(ClipConfig.tiny(vocabulary: 659), merges: merges, settings)
    var evaluation = try ZeroShotEvaluation(
      model, on: ZeroShotData(folder["classes"]), templates: .photo, batchSize: 4)
    // Alike pictures are all of one class.
    #expect(try evaluation().metrics.map(\.value) == [0.5, 1])
    #expect(evaluation.remarks.first == "unreadable pictures, not counted: 1")
    #expect(evaluation.remarks.count == 2 && evaluation.remarks[1].contains("1/broken.png"))
    #expect(evaluation.details.isEmpty)
    for name in ["red_disc", "star"] { try CaptionFiles.write(CaptionFiles.png, folder["joined/\(name)/0.png"]) }
    let joined = try ZeroShotData(folder["joined"])
    let said = try ZeroShotEvaluation(model, on: joined, templates: .photo).details
    #expect(said.count == 1 && said[0].contains("red_disc is 'red disc'"), "\(said)")
    #expect(try ZeroShotEvaluation(model, on: joined, classes: ClassNames(["a", "b"])).details.isEmpty)

    // Batches are made in turn: each rank has one of the two.
    try CaptionFiles.write([1, 2, 3], folder["classes/0/broken.png"])
    let (merges, classes) = (self.merges, folder["classes"])
    let shared: @Sendable (any Communicator) throws -> [String] = { ranks in
      let model = try ClipRunModel(ClipConfig.tiny(vocabulary: 659), merges: merges, RunSettings(seed: 3))
      var evaluation = try ZeroShotEvaluation(
        model, on: ZeroShotData(classes), templates: .photo, batchSize: 4, sharedBy: ranks)
      _ = try evaluation()
      return evaluation.remarks
    }
    for remarks in try ThreadRanks.run(2, shared) {
      #expect(remarks.count == 3 && remarks.first == "unreadable pictures, not counted: 2", "\(remarks)")
    }

    for place in 0..<101 { try CaptionFiles.write([1, 2, 3], folder["classes/0/broken-\(place).png"]) }
    var limited = try ZeroShotEvaluation(model, on: ZeroShotData(folder["classes"]), templates: .photo)
    let error = #expect(throws: InputError.self) { try limited() }
    #expect(error?.what.hasPrefix("more than 100 pictures are broken") == true)
    let ofAll = #expect(throws: InputError.self) { try ThreadRanks.run(2, shared) }
    #expect(ofAll?.what.hasPrefix("more than 100 pictures are broken") == true)
    try CaptionFiles.write([1, 2, 3], folder["none/0/broken.png"])
    var blind = try ZeroShotEvaluation(model, on: ZeroShotData(folder["none"]), templates: .photo)
    #expect(throws: InputError.self) { try blind() }
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
