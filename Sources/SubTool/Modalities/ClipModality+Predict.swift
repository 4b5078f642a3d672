import ClipSub
import SubCore
import SubData
import SubTrain
import VisionSub

extension ClipModality {
  /// What is about sentences and pairs, and what a CLIP's tensors always tell.
  static let unused: Set = ["--readout", "--image-size", "--pairs", "--text-pair", "--max-length", "--pooling"]

  func predict(_ command: PredictCommand, of model: ModelOrigin, in context: ToolContext) throws {
    try command.refuse(Self.unused.union(["--text", "--separator"]), for: "a CLIP")
    guard let classes = try command.zeroShot.classNames(embedded: nil, in: context) else {
      throw InputError(
        "a CLIP classifies by names, and none are given", at: model.path,
        cure: "add --classes FILE with a name a line (masksub embed makes features without)", isUsage: true)
    }
    let settings = RunSettings(
      device: try command.machine.select(), precision: command.machine.precision, workers: command.inference.workers)
    var clip = try Self.model(model, command.model, command.hints, settings, in: context)
    clip.preparation = try clip.preparation.overridden(by: command.preparation.told())
    try clip.preparation.check()
    for line in clip.details + [clip.preparationLine] { context.console.note(line) }
    let templates = try command.zeroShot.promptTemplates(embedded: nil)
    let classifier = ZeroShotClassifier(clip.model, clip.tokenizer, classes, templates, on: settings.device)
    let logits = clip.logits(
      classifier, batchSize: command.inference.batch, workers: settings.imageWorkers,
      maxBroken: command.inference.maxBroken)
    try command.print(logits, command.reader(.softmax, classes.names), in: context)
  }

  static func model(
    _ model: ModelOrigin, _ options: ModelOptions, _ hints: WeightHints, _ settings: RunSettings,
    in context: ToolContext
  ) throws -> ClipRunModel {
    try ClipModelChoice(from: model.path, name: nil, vocabulary: options.vocabulary, hints: hints)
      .model(settings) { try ClipModelChoice.standardVocabulary(context) }
  }
}

extension ClipModality {
  func embedder(_ command: EmbedCommand, of model: ModelOrigin, in context: ToolContext) throws -> Embedder {
    try command.refuse(command.captions ? Self.unused : Self.unused.union(["--text", "--separator"]), for: "a CLIP")
    let settings = RunSettings(
      device: try command.machine.select(), precision: command.machine.precision, workers: command.inference.workers)
    var clip = try Self.model(model, command.model, command.weights.hints(command.model), settings, in: context)
    clip.preparation = try clip.preparation.overridden(by: command.preparation.told())
    try clip.preparation.check()
    let (network, details) = (clip, clip.details + [clip.preparationLine])
    guard command.captions else {
      let features = network.imageFeatures(
        batchSize: command.inference.batch, workers: settings.imageWorkers, maxBroken: command.inference.maxBroken)
      return Embedder(
        details: details, forEachInput: PictureInputs(command.inference, context).rows(features),
        features: network.textFeatures)
    }
    let inputs = try TextInputs(command.inference, isPair: false, context.console)
    return Embedder(details: details) { body in
      try inputs.forEachBatch { examples in
        for (example, row) in zip(examples, network.textFeatures(examples.map(\.first))) {
          try body(example.first, row)
        }
      }
    } features: {
      network.textFeatures($0)
    }
  }
}
