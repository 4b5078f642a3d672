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
  @Option(
    "--weights", value: "KEY", default: "the average where there is one",
    "which of several weights of a PyTorch file: model, model_ema")
  var key: String?
  @Flag("--predict", "writes GLUE's submission files for the test splits") var predict: Bool
  var methodOptions = MethodOptions()
  var recipeOptions = RecipeOptions<GLUERecipe>()
  var runOptions = RunOptions()
  var machine = MachineOptions()
  var inputOptions = InputOptions()

  package init() {}

  package func run(in context: ToolContext) throws {
    let settings = try runOptions.settings(on: machine)
    let reader = try GLUEReader(task: task, data: data ?? context.home.data(of: task))
    let model = try model(settings, context)
    let begun = try runOptions.begun(Self.name)
    let recipe = try recipeOptions.recipe(
      from == nil ? GLUERecipe.fromScratch : GLUERecipe(task), of: begun, note: context.console.note)
    if begun == nil, data == nil || from == nil { try context.console.print(defaultsNote) }
    var run = try GLUERun(recipe, on: reader, model, method: methodOptions.choice, settings)
    run.configuration["from"] = from.map { .string($0) } ?? .null
    let predictions = predict ? try GLUEPredictions(reader, model.tokenizer, recipe, on: settings.device) : nil
    try context.train(run, runOptions) { try predictions?.write(of: model, to: $0.path) }
  }

  private func model(_ settings: RunSettings, _ context: ToolContext) throws -> TextRunModel {
    if let from { return try TextRunModel(TextFolder(from, weights: key), for: task, settings) }
    let tokenizer = try WordPieceTokenizer(folder: context.home.file("tokenizers/acceptability"))
    return try TextRunModel(
      GLUERecipe.smallNetwork(vocabulary: tokenizer.vocabulary.count), tokenizer, for: task, settings)
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
