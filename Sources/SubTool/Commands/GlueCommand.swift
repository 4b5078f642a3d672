import SubCore
import SubData
import SubNN
import SubTrain
import TextSub

/// `glue`: fine-tunes a BERT on a GLUE task.
package struct GlueCommand: Command {
  package static let name = "glue"
  package static let summary = "fine-tunes a BERT on a GLUE task and prints the task's own metrics"
  package static let discussion =
    "Without --data the sentences in datasets/acceptability are used; without --from a small BERT is trained from "
    + "scratch. Both together take about a minute on two cores."
  package static let example = "masksub glue --task cola --data glue/CoLA --from models/bert-base-cased"
  package static let section = CommandSection.train

  @Option("--task", "the task") var task: GLUETask
  @Option("--data", value: "DIR", default: "datasets/acceptability", "the task's folder, or the folder of all tasks")
  var data: String?
  @Option("--from", value: "MODEL", default: "a small new BERT", "a Hugging Face style folder, a weight file, or a run")
  var from: String?
  @Flag("--predict", "writes GLUE's submission files for the test splits") var predict: Bool
  var methodOptions = MethodOptions()
  var runOptions = RunOptions()
  var machine = MachineOptions()

  package init() {}

  package func run(in context: ToolContext) throws {
    let device = try machine.select()
    let reader = try GLUEReader(task: task, data: data ?? context.home.data(of: task))
    let model = try GlueModel(from: from, task: task, seed: machine.seed, home: context.home, on: device)
    let recipe = try (from == nil ? GLUERecipe.fromScratch : GLUERecipe(task)).with(
      runOptions.settingPairs, note: context.console.note)
    if data == nil || from == nil { try context.console.print(defaultsNote) }
    guard recipe.data.maxLength <= model.config.positions else {
      throw InputError(
        "max_length is \(recipe.data.maxLength), the model has \(model.config.positions) positions",
        at: "--set max_length",
        cure: "give at most \(model.config.positions)", isUsage: true)
    }
    func source(_ split: GLUESplit, batchSize: Int) throws -> TextSource {
      try TextSource(
        reader.read(split).examples, model.tokenizer, task: task, maxLength: recipe.data.maxLength,
        batchSize: batchSize, on: device)
    }
    let train = try source(.train, batchSize: recipe.loop.batchSize)
    let evaluation = try task.evaluationSplits.map { ($0, try source($0, batchSize: recipe.loop.evalBatchSize)) }
    // Read before the training: a missing test file ends the run at once, not after hours.
    let submission = try (predict ? task.submissionSplits : [])
      .filter { $0 != .diagnostic || reader.path(of: $0) != nil }
      .map { ($0, try source($0, batchSize: recipe.loop.evalBatchSize)) }

    let basis = RatioBasis(recipe.method)
    let method = try methodOptions.choice.resolved(basis)
    let run = try TrainingRun(
      Self.name, task: task.rawValue, method: method, recipe, seed: machine.seed, runOptions,
      [
        "task": .string(task.rawValue), "data": .string(reader.folder), "from": from.map { .string($0) } ?? .null,
        "model": model.configJSON,
      ], in: context)
    let batches = train.shuffled(seed: machine.seed)
    let perEpoch = (batches.batchesPerEpoch + recipe.loop.accumulation - 1) / recipe.loop.accumulation
    let loop = run.loop(recipe, stepsPerEpoch: perEpoch, bestMetric: task.metricNames.last ?? "")
    let optimizer = recipe.optimizer.make(
      model.parameters, .decayingAllButBiasesAndNorms(model.parameters, weightDecay: recipe.optimizer.weightDecay))
    let training = GlueTraining(
      model, task, on: batches, evaluating: evaluation,
      masking: runOptions.analyze ? MethodChoice.analyzed(method, basis) : nil)
    try run.train(
      training, optimizer: optimizer, schedule: recipe.rates(stepsPerEpoch: perEpoch).rate(at:), loop,
      announcing: "\(task.name): \(train.count) training sentences, \(model.parameters.count) weights",
      details: model.details
    ) {
      let evaluator = TextEvaluator(model.task, task)
      for (split, test) in submission {
        let predictions = GLUEMetrics.predictions(task, logits: try evaluator.logits(test).logits)
        let lines = try GLUESubmission.lines(task, predictions: predictions)
        try AtomicFile.write(
          lines.joined(separator: "\n") + "\n",
          to: FileSystem.join(run.folder.path, GLUESubmission.fileName(task, split)))
      }
    }
  }

  private var defaultsNote: String {
    let parts = [
      data == nil ? "the embedded sample in datasets/acceptability" : nil,
      from == nil ? "a small BERT from scratch" : nil,
    ].compactMap { $0 }
    return "using \(parts.joined(separator: " and ")); a real run: --data glue/\(task.name) --from FOLDER "
      + "(scripts/fetch-glue.sh and scripts/fetch-minilm.sh get both)"
  }
}

extension GLUETask: OptionValue {}
