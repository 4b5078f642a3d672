import SubCore
import SubData

/// `preview`: training inputs as the model will see them.
package struct PreviewCommand: Command {
  package static let name = "preview"
  package static let summary = "a picture of augmented and masked inputs, as the model will see them"
  package static let discussion =
    "Each row is an image as it is evaluated, as the main branch sees it (augmented, mixed, erased) and as the "
    + "sub-branch sees it (what is hidden is grey), with its label. With --recipe clip they come from image-caption "
    + "data. With --task, sentences are printed with their tokens and masks."
  package static let example = "masksub preview --data imagenet --recipe deit3-s-400 --output preview.png"
  package static let section = CommandSection.look

  @Option("--data", value: "DIR", default: "the embedded samples", "images, or the task's folder") var data: String?
  @Option("--recipe", value: "NAME", "the vision recipe, or clip or clip-small") var recipe = "shapes-tiny"
  @Option("--task", "a GLUE task, to look at text") var task: GLUETask?
  @Option("--from", value: "FOLDER", default: "tokenizers/acceptability", "the text model whose tokenizer is used")
  var from: String?
  @Option("--count", in: 1...256, "how many") var count = 8
  @Option("--ratio", in: 0...0.999, default: "0.5 for images, 0.15 for text", "the share that is hidden")
  var ratio: Double?
  @Option("--seed", "fixes everything random") var seed = 0
  @Option("--output", value: "FILE", "where the picture goes") var output = "preview.png"
  @Option("--set", "a hyper-parameter of the recipe; masksub recipes show NAME lists them") var settings: [Setting] = []
  var inputOptions = InputOptions()

  package init() {}

  package func run(in context: ToolContext) throws {
    guard output.lowercased().hasSuffix(".png") else {
      throw InputError(
        "pictures are written as PNG", at: "--output \(output)", cure: "give a name that ends in .png", isUsage: true)
    }
    if data == nil { try context.sayEmbedded("samples in datasets/", option: "--data DIR") }
    _ = try Modalities.first { try $0.preview(self, in: context) ? true : nil }
  }

  /// The `--set` options.
  var settingPairs: [(key: String, value: String)] { settings.map { ($0.key, $0.value) } }
}
