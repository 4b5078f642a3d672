import ClipSub
import SubCore
import SubData
import SubTrain
import VisionSub

extension ClipModality {
  /// What is about sentences and pairs, and what a CLIP's tensors always tell.
  static let unused: Set = [
    "--readout", "--image-size", "--architecture", "--pairs", "--text-pair", "--max-length", "--pooling",
  ]

  func predict(_ command: PredictCommand, of model: ModelOrigin, in context: ToolContext) throws {
    try command.refuse(Self.unused.union(["--text", "--separator"]), for: "a CLIP")
    guard let classes = try command.zeroShot.classNames(embedded: nil, in: context) else {
      throw InputError(
        "a CLIP classifies by names, and none are given", at: model.path,
        cure: "add --classes FILE with a name a line (masksub embed makes features without)", isUsage: true)
    }
    let settings = RunSettings(
      device: try command.machine.select(), precision: command.machine.precision, workers: command.inference.workers)
    let clip = try Self.model(
      ClipModelChoice(model, command.clipOptions, command.hints), preparing: command.preparation, settings, in: context)
    for line in clip.remarks { context.console.note(line) }
    let templates = try command.zeroShot.promptTemplates(embedded: nil)
    let classifier = ZeroShotClassifier(clip.model, clip.tokenizer, classes, templates, on: settings.device)
    let logits = clip.logits(
      classifier, batchSize: command.inference.batch, workers: settings.imageWorkers,
      maxBroken: command.inference.maxBroken)
    try command.print(logits, command.reader(.softmax, classes.names), in: context)
  }

  /// The CLIP that is chosen, with images prepared as its files say unless the options say otherwise.
  static func model(
    _ choice: ClipModelChoice, preparing preparation: PreparationOptions, _ settings: RunSettings,
    in context: ToolContext
  ) throws -> ClipRunModel {
    var clip = try choice.model(settings) { try ClipModelChoice.standardVocabulary(context) }
    clip.preparation = try clip.preparation.overridden(by: preparation.told())
    try clip.preparation.check()
    return clip
  }
}

extension ClipModality {
  func embedder(_ command: EmbedCommand, of model: ModelOrigin, in context: ToolContext) throws -> Embedder {
    try command.refuse(command.captions ? Self.unused : Self.unused.union(["--text", "--separator"]), for: "a CLIP")
    let settings = RunSettings(
      device: try command.machine.select(), precision: command.machine.precision, workers: command.inference.workers)
    let clip = try Self.model(
      ClipModelChoice(model, command.clipOptions, command.hints), preparing: command.preparation, settings, in: context)
    guard command.captions else {
      let features = clip.imageFeatures(
        batchSize: command.inference.batch, workers: settings.imageWorkers, maxBroken: command.inference.maxBroken)
      return Embedder(
        details: clip.remarks, forEachInput: PictureInputs(command.inference, context).rows(features),
        features: clip.textFeatures)
    }
    let inputs = try TextInputs(command.inference, isPair: false, context.console)
    return Embedder(details: clip.remarks) { body in
      try inputs.forEachBatch { examples in
        for (example, row) in zip(examples, clip.textFeatures(examples.map(\.first))) {
          try body(example.first, row)
        }
      }
    } features: {
      clip.textFeatures($0)
    }
  }
}

extension ClipModelChoice {
  /// The model that a command names, as it is.
  init(_ model: ModelOrigin, _ options: ClipOptions, _ hints: WeightHints) {
    self.init(from: model.path, name: nil, vocabulary: options.vocabulary, hints: hints)
  }
}

extension ClipRunModel {
  /// What has to be said of it and of its images, in a line each.
  var remarks: [String] { details + [preparationLine] }
}
