import SubCore
import SubData
import SubTrain

/// `predict`: what a model says of inputs.
struct PredictCommand: Command {
  static let name = "predict"
  static let summary = "classes with their probabilities, or values, of pictures, sentences and pairs"
  static let discussion =
    "--from takes a run, a folder or a weight file, and uses the preparation of pictures, the tokenizer and the class "
    + "names that belong to it. Pictures are files and folders; texts are arguments, two by two for a pair, rows of a "
    + "table, or lines of a file or standard input, with a tab between the texts of a pair. A CLIP classifies by the names of --classes. "
    + "Probabilities are a softmax, or a sigmoid of every class by itself where the run's loss was binary."
  static let example = "masksub predict --from runs/deit3-s --top 3 holiday.jpg photos"
  static let section = CommandSection.evaluate

  @Option("--from", value: "RUN|FILE", "the model") var from: String
  @Option("--top", in: 1...1_000_000, "classes that are printed for every input, the most probable first") var top = 5
  @Option("--format", "a line for every input, or rows for other programs") var format = PredictionPrinter.Format.table
  @Option(
    "--logits", value: "FILE", default: "none",
    "an .npy, .safetensors, .csv or .jsonl file for the logits, a row for every input")
  var logits: String?
  @Option("--probabilities", default: "as in the run's loss, else softmax", "what makes probabilities of logits")
  var likelihood: Likelihood?
  @Option(
    "--class-order", "how class folders of --data are numbered: as torchvision does (1, 10, 2), or timm (1, 2, 10)")
  var classOrder = ClassOrder.plain
  var inference = InferenceOptions()
  var visionModel = VisionModelOptions()
  var clipOptions = ClipOptions()
  var weights = WeightOptions()
  var zeroShot = ZeroShotOptions()
  var preparation = PreparationOptions()
  var machine = MachineOptions(ofRuns: true)
  var inputOptions = InputOptions()

  func run(in context: ToolContext) throws {
    let origin = ModelOrigin(from)
    try origin.modality(weights: weights.key).predict(self, of: origin, in: context)
  }

  /// What the options say of the weights.
  var hints: WeightHints { weights.hints(visionModel, clipOptions) }

  /// What reads logits. `standard`: how the model's own become probabilities; nil: they are values.
  func reader(_ standard: Likelihood?, _ classNames: [String]?) throws -> PredictionReader {
    if standard == nil, let likelihood {
      throw InputError(
        "the model says numbers, not classes", at: "--probabilities \(likelihood.rawValue)",
        cure: "leave the option out", isUsage: true)
    }
    return PredictionReader(standard.map { likelihood ?? $0 }, classNames: classNames, top: top)
  }
}

extension Likelihood: OptionValue {}

extension PredictCommand: LineBasis {
  func earlier(for command: any Command.Type) throws -> EarlierLine? {
    guard $from.isGiven, let run = ModelOrigin(from).run else { return nil }
    let isClip = run["command"]?.string == ClipPretrainCommand.name
    return try EarlierLine(
      of: from, (["--precision"] + (isClip ? ["--classes", "--templates"] : [])).map { ($0, [$0]) })
  }
}
