import SubCore
import SubData
import VisionSub

/// `preview`: training inputs as the model will see them.
struct PreviewCommand: Command {
  static let name = "preview"
  static let summary = "a picture of augmented and masked inputs, as the model will see them"
  static let discussion =
    "Each row is an image as it is evaluated, as the main branch sees it (augmented, mixed, erased), with its label as the "
    + "loss sees it, and as the sub-branch sees it; a legend says what is hidden. With --recipe clip they come from "
    + "image-caption data. With --task, or --text for a table of your own, sentences are printed with their tokens and masks."
  static let example = "masksub preview --data imagenet --recipe deit3-s-400 --output preview.png"
  static let section = CommandSection.look

  @Option(
    "--data", value: "DIR|FILE", default: "the embedded samples", "images, the task's folder, or a table of texts")
  var data: String?
  @Option("--recipe", value: "NAME", "the vision recipe, or clip or clip-small") var recipe = "shapes-tiny"
  @Option("--task", "a GLUE task, to look at text") var task: GLUETask?
  @Option(
    "--from", value: "FOLDER", default: "tokenizers/acceptability; a table: one learned from it",
    "the text model whose tokenizer is used")
  var from: String?
  @Option("--count", in: 1...256, "how many inputs") var count = 8
  @Option("--ratio", in: 0...0.999, default: "the recipe's", "the share that is hidden")
  var ratio: Double?
  @Option("--seed", "fixes everything random") var seed = 0
  @Option("--output", value: "FILE", "where the picture goes") var output = "preview.png"
  @Option("--max-length", in: 8...1 << 20, default: "the recipe's", "tokens of a sentence, with --task or --text")
  var maxLength: Int?
  var columns = TextColumnOptions()
  var table = TableOptions()
  var recipeOptions = RecipeOptions<VisionRecipe>(showing: Self.decides)
  var inputOptions = InputOptions()

  func run(in context: ToolContext) throws {
    guard output.lowercased().hasSuffix(".png") else {
      throw InputError(
        "pictures are written as PNG", at: "--output \(output)", cure: "give a name that ends in .png", isUsage: true)
    }
    if data == nil { try context.sayEmbedded("samples in datasets/", option: "--data DIR") }
    _ = try Modalities.first { try $0.preview(self, in: context) ? true : nil }
  }

  /// Whether a hyper-parameter decides what a model sees here: in how many parts a batch is mixed does not, the few inputs
  /// are one.
  private static func decides(_ key: String) -> Bool {
    ["data.", "augment.", "loss."].contains(where: key.hasPrefix) && key != "augment.mix_parts"
      || ["model.name", "model.patch", "method.masking"].contains(key)
  }

  /// What this command line says of the recipe.
  func settings() throws -> [(key: String, value: String)] {
    try recipeOptions.given() + (maxLength.map { [("data.max_length", String($0))] } ?? [])
  }
}
