import SubCore
import SubData
import SubTrain
import TestSupport
import Testing
import TextSub

/// GLUE runs as a program of one's own makes them.
@Suite struct TextRunTests {
  private let folder = TemporaryFolder()
  private let settings = RunSettings(seed: 3)

  private func data() throws -> GLUEReader {
    try GLUEReader(task: .cola, data: Repository.file("datasets/acceptability"))
  }

  private func recipe(steps: Int) throws -> GLUERecipe {
    try GLUERecipe.fromScratch.with([("max_steps", "\(steps)"), ("batch_size", "8"), ("save_every", "2")])
  }

  private func run(steps: Int) throws -> TextRun {
    let tokenizer = try WordPieceTokenizer(folder: Repository.file("tokenizers/acceptability"))
    let network = GLUERecipe.smallNetwork(vocabulary: tokenizer.vocabulary.count)
    let model = try TextRunModel(network, tokenizer, for: .cola, settings)
    return try TextRun(recipe(steps: steps), on: data(), model, settings)
  }

  @Test func `a run trains, goes on, and is evaluated`() throws {
    let summary = try run(steps: 4).train(to: folder["whole"]).summary
    #expect(summary.task == "cola" && summary.metrics.map(\.name).last == "matthews_correlation")
    let error = Interruption.$simulated.withValue(.init()) {
      #expect(throws: Interruption.self) { try run(steps: 4).train(to: folder["parts"]) }
    }
    #expect(error?.run == folder["parts"])
    try run(steps: 4).train(to: folder["parts"], resuming: true)
    let bytes = try ["whole", "parts"].map {
      try TemporaryFolder.bytes(folder["\($0)/checkpoints/4/model.safetensors"])
    }
    #expect(bytes[0] == bytes[1])

    let trained = try TextFolder(folder["whole"])
    let evaluation = try TextEvaluation(trained, on: data(), by: recipe(steps: 4), settings)()
    #expect(evaluation.metrics.map(\.value) == summary.metrics.map(\.value))
    let model = try TextRunModel(trained, isTrained: true, for: .cola, settings)
    try GLUEPredictions(data(), for: model, recipe(steps: 4), on: .cpu).write(of: model, to: folder.path)
    #expect(try TemporaryFolder.text(folder["CoLA.tsv"]).hasPrefix("index\tprediction\n0\t"))
  }

  @Test func `ranks make the run and the figures of one process`() throws {
    let path = folder.path
    let train: @Sendable (any Communicator) throws -> RunOutcome = { ranks in
      var settings = RunSettings(seed: 3)
      settings.ranks = ranks
      // Batches of 6 divide neither the training's sentences nor the evaluation's.
      let recipe = try GLUERecipe.fromScratch.with([
        ("max_steps", "4"), ("batch_size", "6"), ("eval_batch_size", "7"), ("log_every", "1"),
      ])
      let tokenizer = try WordPieceTokenizer(folder: Repository.file("tokenizers/acceptability"))
      let network = GLUERecipe.smallNetwork(vocabulary: tokenizer.vocabulary.count)
      let model = try TextRunModel(network, tokenizer, for: .cola, settings)
      let run = try TextRun(
        recipe, on: GLUEReader(task: .cola, data: Repository.file("datasets/acceptability")), model, settings)
      let result = try run.train(to: "\(path)/\(ranks.count)")
      return try RunOutcome(result.folder.path, figures: result.summary.metrics.map(\.value))
    }
    let one = try train(SingleProcess())
    for outcome in try ThreadRanks.run(3, train) {
      #expect(outcome.agrees(with: one), "\(outcome) \(one)")
    }
    #expect(try JSON.read("\(path)/3/config.json")["ranks"]?.int == 3)
  }

  /// 24 rows in batches of 8, two an update: transformers' Trainer makes two updates of each epoch, 192 samples in eight.
  @Test func `accumulation ends with the epoch, and other data are another run`() throws {
    let rows = (0..<25).map { "x\t\($0 % 2)\t\tword \($0)" }
    func run(_ count: Int, steps: Int = 0) throws -> TextRun {
      let text = rows.prefix(count).joined(separator: "\n") + "\n"
      for name in ["train.tsv", "dev.tsv"] { try AtomicFile.write(text, to: folder["data/\(name)"]) }
      let tokenizer = try WordPieceTokenizer(folder: Repository.file("tokenizers/acceptability"))
      let network = GLUERecipe.smallNetwork(vocabulary: tokenizer.vocabulary.count)
      let recipe = try GLUERecipe.fromScratch.with([
        ("batch_size", "8"), ("accumulation", "2"), ("epochs", "8"), ("max_steps", "\(steps)"), ("save_every", "1000"),
      ])
      return try TextRun(
        recipe, on: GLUEReader(task: .cola, data: folder["data"]),
        TextRunModel(network, tokenizer, for: .cola, settings), settings)
    }
    try FileSystem.makeFolder(folder["data"])
    let whole = try run(24)
    #expect(whole.loop.totalSteps == 16)
    try whole.train(to: folder["run"])
    let state = try JSON.read(folder["run/checkpoints/16/state.json"])
    #expect(state["samples"]?.int == 192 && state["batches"]?.int == 24)
    let error = #expect(throws: InputError.self) { try run(25).train(to: folder["run"], resuming: true) }
    #expect(error?.what.contains("samples.count was 24, is 25") == true, "\(String(describing: error))")
  }

  @Test func `rates fall with depth where the recipe says so`() throws {
    let tokenizer = try WordPieceTokenizer(folder: Repository.file("tokenizers/acceptability"))
    let network = GLUERecipe.smallNetwork(vocabulary: tokenizer.vocabulary.count)
    let model = try TextRunModel(network, tokenizer, for: .cola, settings)
    let before = model.parameters.parameters.map { $0.value.floats() }
    let recipe = try recipe(steps: 2).with([("layer_decay", "0.01"), ("warmup_ratio", "0")])
    try TextRun(recipe, on: data(), model, settings).train(to: folder["decayed"])
    let moved = zip(model.parameters.parameters, before).map { parameter, before in
      (parameter.name, zip(parameter.value.floats(), before).map { abs($0 - $1) }.max() ?? 0)
    }
    // AdamW's first steps are as long as the rate: 1e-3 at the head, 1e-9 at the embeddings.
    for (name, most) in moved {
      let scale: Float =
        name.hasPrefix("embeddings.") ? 1e-6 : name.hasPrefix("blocks.0") ? 1e-4 : name.hasPrefix("blocks.1") ? 1e-2 : 1
      #expect(most <= 4e-3 * scale + 1e-6, "\(name) \(most)")
      if scale == 1 { #expect(most > 1e-4, "\(name) \(most)") }
    }
  }

  @Test func `sentences longer than the model are refused`() throws {
    let run = try run(steps: 1)
    let longer = try recipe(steps: 1).with([("max_length", "129")])
    #expect(throws: InputError.self) { try TextRun(longer, on: data(), run.subject.model, settings) }
  }
}
