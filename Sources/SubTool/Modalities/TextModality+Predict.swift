import SubCore
import SubData
import SubTrain
import TextSub

extension TextModality {
  func predict(_ command: PredictCommand, of model: ModelOrigin, in context: ToolContext) throws {
    if let option = command.zeroShot.given {
      throw InputError("a BERT has classes of its own", at: option, cure: "leave the option out", isUsage: true)
    }
    let network = try Self.network(model, command.inference, command.weights, command.machine)
    let inputs = TextInputs(command.inference, isPair: try Self.takesPairs(model), context.console)
    for line in network.details { context.console.note(line) }
    let reader = try command.reader(network.likelihood, network.classNames)
    var printer = try PredictionPrinter(command, reader, hasPairs: inputs.isPair != false, on: context.console)
    try inputs.forEachBatch { examples in
      for (example, row) in zip(examples, network.logits(examples)) {
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
      RunSettings(device: machine.select(), precision: machine.precision))
  }

  /// Whether a run's task has pairs; nil where nothing tells.
  static func takesPairs(_ model: ModelOrigin) throws -> Bool? {
    model.run?["task"]?.string.flatMap(GLUETask.init(rawValue:)).map(\.hasPairs)
  }
}

extension TextModality {
  func embedder(_ command: EmbedCommand, of model: ModelOrigin, in context: ToolContext) throws -> Embedder {
    let network = try Self.network(
      model, command.inference, command.weights, command.machine, needsClassifier: false)
    let sentences = try network.sentences(command.pooling)
    let inputs = TextInputs(command.inference, isPair: try Self.takesPairs(model), context.console)
    return Embedder(details: network.details + [sentences.text]) { body in
      try inputs.forEachBatch { examples in
        for (example, row) in zip(examples, network.features(examples, sentences)) {
          try body([example.first, example.second].compactMap { $0 }.joined(separator: "\t"), row)
        }
      }
    } features: {
      network.features($0.map { TextExample(index: 0, first: $0) }, sentences)
    }
  }
}
