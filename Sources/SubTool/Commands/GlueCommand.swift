import SubCore
import SubData
import SubTrain
import TextSub

/// `glue`: fine-tunes a BERT on a GLUE task, or on a table of one's own.
struct GlueCommand: RankedCommand {
  static let name = "glue"
  static let summary = "fine-tunes a BERT on a GLUE task, or on texts of your own"
  static let discussion =
    "With --task it is GLUE's: without --data the sentences in datasets/acceptability are used, without --from a small "
    + "BERT is trained from scratch; both together take about a minute on two cores, --from alone is a demonstration of "
    + "about two minutes. Without --task, --data is a table of your own whose columns --text and --label name: masksub "
    + "glue --data reviews.csv --text review --label stars."
  static let example = "masksub glue --task cola --data glue/CoLA --from models/bert-base-cased"
  static let section = CommandSection.train

  @Option("--task", default: "none: a table of one's own", "the task of GLUE") var task: GLUETask?
  @Option(
    "--data", value: "DIR|FILE", default: "datasets/acceptability",
    "the task's folder, or the folder of all tasks; without --task a table")
  var data: String?
  @Option("--validation", value: "FILE", default: "rows of the same table", "a table to evaluate on")
  var validation: String?
  @Option("--from", value: "MODEL", default: "a small new BERT", "a Hugging Face style folder, a weight file, or a run")
  var from: String?
  @Option(
    "--vocab", value: "FILE", default: "one learned from the training texts",
    "the vocabulary of a new BERT for a table")
  var vocabulary: String?
  @Flag("--predict", "writes GLUE's submission files for the test splits") var predict: Bool
  var weights = WeightKeyOptions()
  var probe = ProbeOptions()
  var columns = TextColumnOptions()
  var table = TableOptions()
  var samples = SplitOptions()
  var freeze = FreezeOptions()
  var methodOptions = MethodOptions()
  var recipeOptions = RecipeOptions<GLUERecipe>()
  var runOptions = RunOptions()
  var machine = MachineOptions()
  var ranks = RankOptions()
  var inputOptions = InputOptions()

  func run(in context: ToolContext) throws {
    if probe.isOn { return try fitClassifier(in: context) }
    let settings = try runOptions.settings(on: machine, ranks: context.ranks)
    let source = try source(context)
    let begun = try runOptions.begun(Self.name)
    let recipe = try recipeOptions.recipe(
      from == nil ? GLUERecipe.fromScratch : GLUERecipe(task ?? .cola), of: begun, note: context.console.note)
    let model = try model(source, recipe, settings, context)
    if begun == nil, let note = note(model) { try context.console.print(note) }
    var run = try TextRun(
      recipe, on: source.data, model, method: methodOptions.choice, classWeights: samples.weights, settings)
    run.configuration["from"] = from.map { .string($0) } ?? .null
    run.isDemonstration = try recipeOptions.isDemonstration(data == nil && from != nil, of: begun)
    run.configuration["freeze"] = freeze.json
    if let table = source.table {
      run.configuration["validation"] = validation.map { .string($0) } ?? .null
      run.configuration["table"] = table.json
    }
    let predictions = try source.glue.flatMap { reader in
      predict ? try GLUEPredictions(reader, for: model, recipe, on: settings.device) : nil
    }
    try context.train(run, runOptions) { folder in
      try predictions?.write(of: model, to: folder.path)
      if data == nil { try printPredictions(model, source.data, recipe, in: context) }
    }
  }

  /// The linear probe. Texts are as long as in the run that made the weights, unless told otherwise.
  private func fitClassifier(in context: ToolContext) throws {
    try refuseTraining(["--vocab", "--predict"], butFor: "--max-length")
    let settings = RunSettings(seed: runOptions.seed, device: try machine.select(), precision: machine.precision)
    try ProbeCommand(command: Self.name, from: from, options: probe, run: runOptions)(in: context) { from in
      let source = try source(context)
      if data == nil { try context.sayEmbedded("sentences of datasets/acceptability", option: "--data DIR") }
      let standard = GLUERecipe(task ?? .cola)
      let run = ModelOrigin(from).run.flatMap { $0["command"]?.string == Self.name ? $0["recipe"] : nil }
      let recipe = try recipeOptions.recipe(
        run.map { try standard.restored(from: $0, at: from) } ?? standard, of: nil, note: context.console.note)
      return try TextProbe(TextFolder(from, weights: weights.key), on: source.data, by: recipe, settings)
    }
  }

  /// Some evaluated texts with what the trained model says of them.
  private func printPredictions(
    _ model: TextRunModel, _ data: any TextData, _ recipe: GLUERecipe, in context: ToolContext
  ) throws {
    let all = try data.evaluation().first?.examples ?? []
    let count = min(8, all.count)
    let examples = (0..<count).map { all[$0 * all.count / count] }
    let names = data.textTask.labels
    let reader = PredictionReader(data.textTask.isRegression ? nil : .softmax, classNames: names, top: 1)
    try context.console.print("\(count) of the \(all.count) evaluated texts with what the model says of them:")
    for (example, row) in zip(examples, try model.logits(examples, maxLength: recipe.data.maxLength)) {
      let said =
        switch reader(row) {
        case .classes(let shares):
          shares.map { "\($0.name ?? "\($0.index)") \(Int(($0.probability * 100).rounded()))%" }.joined()
        case .values(let values): values.map { $0.fixed(2) }.joined(separator: ", ")
        }
      let own = example.label.map { names.isEmpty ? $0.description : names[Int($0)] }
      let text = [example.first, example.second].compactMap { $0 }.joined(separator: " / ")
      try context.console.print("  \(said) (is \(own ?? "unknown"))  \(text.oneLine)")
    }
  }

  /// GLUE's files, or a table of one's own.
  private func source(_ context: ToolContext) throws -> (data: any TextData, glue: GLUEReader?, table: TextTableChoice?)
  {
    if let task {
      let unused =
        columns.$text.isGiven
        ? "--text"
        : table.given ?? (validation == nil ? nil : "--validation")
          ?? (samples.fraction == nil && samples.shots == nil ? nil : "--validation-fraction and --shots")
      if let unused {
        throw InputError(
          "\(unused) is for a table of one's own", at: "--task \(task.rawValue)",
          cure: "leave --task out, or it", isUsage: true)
      }
      let reader = try GLUEReader(task: task, data: data ?? context.home.data(of: task))
      return (reader, reader, nil)
    }
    guard let data, !predict else {
      throw InputError(
        predict ? "--predict writes submissions for a GLUE task" : "neither --task nor --data is given",
        at: "masksub glue",
        cure: "add --task cola, or --data FILE with --text COLUMN and --label COLUMN for a table of your own",
        isUsage: true)
    }
    guard FileSystem.kind(data) != .folder else {
      throw InputError(
        "this is a folder, and no --task is given", at: data,
        cure: "add --task \(GLUETask.allCases.map(\.rawValue).joined(separator: "|")), or name a table in it",
        isUsage: true)
    }
    let choice = TextTableChoice(
      columns: try columns.columns(table, of: data), format: try table.format(), problem: columns.problem,
      split: samples.split(standard: validation == nil ? 0.1 : 0))
    return (try choice.open(data, validation: validation), nil, choice)
  }

  private func model(
    _ source: (data: any TextData, glue: GLUEReader?, table: TextTableChoice?), _ recipe: GLUERecipe,
    _ settings: RunSettings, _ context: ToolContext
  ) throws -> TextRunModel {
    let goal = source.data.textTask
    if let from {
      guard recipe.model == GLUERecipe(.cola).model, vocabulary == nil else {
        throw InputError(
          "the sizes and the vocabulary are those of the weights", at: vocabulary == nil ? "--set model.*" : "--vocab",
          cure: "leave them out, or --from", isUsage: true)
      }
      return try TextRunModel(TextFolder(from, weights: weights.key), for: goal, freezing: freeze.freezing, settings)
    }
    let tokenizer =
      try vocabulary.map { try WordPieceTokenizer(path: $0) }
      ?? (source.table == nil
        ? WordPieceTokenizer(folder: context.home.file("tokenizers/acceptability"))
        : WordPieceTokenizer(learnedFrom: source.data.training()))
    return try TextRunModel(
      recipe.network(vocabulary: tokenizer.vocabulary.count), tokenizer, for: goal, freezing: freeze.freezing, settings)
  }

  /// What stands in for what was not given, and what a real run needs.
  private func note(_ model: TextRunModel) -> String? {
    guard let task else {
      guard from == nil else { return nil }
      return "using a small BERT from scratch"
        + (vocabulary == nil ? " and \(model.tokenizer.vocabulary.count) pieces learned from the training texts" : "")
        + "; a real run: --from FOLDER (scripts/fetch-minilm.sh gets one)"
    }
    let parts = [
      data == nil ? "the embedded sample in datasets/acceptability" : nil,
      from == nil ? "a small BERT from scratch" : nil,
    ].compactMap { $0 }
    guard !parts.isEmpty else { return nil }
    return "using \(parts.joined(separator: " and ")); a real run: --data glue/\(task.name) --from FOLDER "
      + "(scripts/fetch-glue.sh and scripts/fetch-minilm.sh get both)"
  }
}

extension GLUETask: OptionValue {}
