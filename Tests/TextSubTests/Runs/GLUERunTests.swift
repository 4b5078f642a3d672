import SubCore
import SubData
import SubTrain
import TestSupport
import Testing
import TextSub

/// GLUE runs as a program of one's own makes them.
@Suite struct GLUERunTests {
  private let folder = TemporaryFolder()
  private let settings = RunSettings(seed: 3)

  private func data() throws -> GLUEReader {
    try GLUEReader(task: .cola, data: Repository.file("datasets/acceptability"))
  }

  private func recipe(steps: Int) throws -> GLUERecipe {
    try GLUERecipe.fromScratch.with([("max_steps", "\(steps)"), ("batch_size", "8"), ("save_every", "2")])
  }

  private func run(steps: Int) throws -> GLUERun {
    let tokenizer = try WordPieceTokenizer(folder: Repository.file("tokenizers/acceptability"))
    let network = GLUERecipe.smallNetwork(vocabulary: tokenizer.vocabulary.count)
    let model = try TextRunModel(network, tokenizer, for: .cola, settings)
    return try GLUERun(recipe(steps: steps), on: data(), model, settings)
  }

  @Test func `a run trains, goes on, and is evaluated`() throws {
    let summary = try run(steps: 4).train(to: folder["whole"]).summary
    #expect(summary.task == "cola" && summary.metrics.map(\.name).last == "matthews_correlation")
    let error = Interruption.$isSimulated.withValue(true) {
      #expect(throws: Interruption.self) { try run(steps: 4).train(to: folder["parts"]) }
    }
    #expect(error?.run?.path == folder["parts"])
    try run(steps: 4).train(to: folder["parts"], resuming: true)
    let bytes = try ["whole", "parts"].map {
      try TemporaryFolder.bytes(folder["\($0)/checkpoints/4/model.safetensors"])
    }
    #expect(bytes[0] == bytes[1])

    let trained = try TextFolder(folder["whole"])
    let evaluation = try GLUEEvaluation(trained, on: data(), by: recipe(steps: 4), settings)()
    #expect(evaluation.metrics.map(\.value) == summary.metrics.map(\.value))
    let model = try TextRunModel(trained, isTrained: true, for: .cola, settings)
    try GLUEPredictions(data(), model.tokenizer, recipe(steps: 4), on: .cpu).write(of: model, to: folder.path)
    #expect(try TemporaryFolder.text(folder["CoLA.tsv"]).hasPrefix("index\tprediction\n0\t"))
  }

  @Test func `sentences longer than the model are refused`() throws {
    let run = try run(steps: 1)
    let longer = try recipe(steps: 1).with([("max_length", "129")])
    #expect(throws: InputError.self) { try GLUERun(longer, on: data(), run.subject.model, settings) }
  }
}
