import SubData
import SubTrain
import TextSub

extension TextModality {
  /// What is about pictures, and what a BERT's configuration always tells.
  static let unused: Set = [
    "--readout", "--image-size", "--architecture", "--vocab", "--text-heads", "--heads", "--activation", "--classes",
    "--templates",
    "--mean", "--deviation", "--crop-ratio", "--resize", "--crop-mode", "--interpolation", "--class-order",
    "--max-broken", "--workers", "--captions", "--tower",
  ]

  func predict(_ command: PredictCommand, of model: ModelOrigin, in context: ToolContext) throws {
    try command.refuse(Self.unused, for: "a BERT")
    let network = try Self.network(model, command.inference, command.weights, command.machine)
    let inputs = try Self.inputs(model, command.inference, in: context)
    for line in network.details { context.console.note(line) }
    let reader = try command.reader(network.likelihood, network.outputNames)
    var printer = try PredictionPrinter(command, reader, hasPairs: inputs.isPair != false, on: context.console)
    try inputs.forEachBatch { examples in
      for (example, row) in zip(examples, try network.logits(examples)) {
        try printer.print(example.first, pair: example.second, row)
      }
    }
    try printer.finish()
  }

  /// The network of a run, read as the run read sentences, or of a folder.
  static func network(
    _ model: ModelOrigin, _ options: InferenceOptions, _ weights: WeightOptions, _ machine: MachineOptions,
    needsClassifier: Bool = true
  ) throws -> TextInference {
    let folder = try TextFolder(model.path, weights: weights.key)
    let own = try model.run?["recipe"].map { try GLUERecipe(.cola).restored(from: $0, at: model.path).data.maxLength }
    return try TextInference(
      folder, maxLength: options.maxLength ?? own, needsClassifier: needsClassifier,
      RunSettings(device: try machine.select(), precision: machine.precision))
  }

  /// Texts as a run read its own.
  private static func inputs(_ model: ModelOrigin, _ options: InferenceOptions, in context: ToolContext) throws
    -> TextInputs
  {
    let own = TextTableChoice(model.run?["table"])
    let task = model.run?["task"]?.string.flatMap(GLUETask.init(rawValue:))
    return try TextInputs(
      options, isPair: own.map { $0.columns.pair != nil } ?? task?.hasPairs, own: own, context.console)
  }
}

extension TextModality {
  func embedder(_ command: EmbedCommand, of model: ModelOrigin, in context: ToolContext) throws -> Embedder {
    try command.refuse(Self.unused, for: "a BERT")
    let network = try Self.network(
      model, command.inference, command.weights, command.machine, needsClassifier: false)
    let sentences = try network.sentences(command.pooling)
    let inputs = try Self.inputs(model, command.inference, in: context)
    return Embedder(details: network.details + [sentences.text]) { body in
      try inputs.forEachBatch { examples in
        for (example, row) in zip(examples, try network.features(examples, sentences)) {
          try body([example.first, example.second].compactMap { $0 }.joined(separator: "\t"), row)
        }
      }
    } features: {
      try network.features($0.map { TextExample(index: 0, first: $0) }, sentences)
    }
  }
}
