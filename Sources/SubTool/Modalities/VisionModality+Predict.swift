import ClipSub
import SubCore
import SubData
import SubTrain
import VisionSub

extension VisionModality {
  /// What is about texts.
  static let unused: Set = [
    "--text", "--text-pair", "--separator", "--pairs", "--max-length", "--vocab", "--text-heads", "--templates",
    "--captions", "--pooling", "--tower",
  ]

  func predict(_ command: PredictCommand, of model: ModelOrigin, in context: ToolContext) throws {
    try command.refuse(Self.unused, for: "a vision model")
    let settings = RunSettings(
      device: try command.machine.select(), precision: command.machine.precision, workers: command.inference.workers)
    let folder = try VisionFolder(model.path, command.hints)
    let network = try VisionInference(folder, preparing: command.preparation.told(), settings)
    let given = try command.zeroShot.classNames(embedded: nil, in: context)?.names
    if let given, given.count != network.task.model.classes {
      throw InputError(
        "\(given.count) class names for \(network.task.model.classes) classes",
        at: "--classes \(command.zeroShot.classes ?? "")", cure: "name every class, in the order of their numbers")
    }
    for line in [network.title] + network.details { context.console.note(line) }
    let names = try given ?? Self.names(of: network, in: context)
    let reader = try command.reader(network.likelihood(of: folder), names)
    let logits = network.logits(batchSize: command.inference.batch, maxBroken: command.inference.maxBroken)
    try command.print(logits, reader, in: context)
  }

  /// What the classes of a network are called: in words where it calls them by ImageNet's ids, or says nothing of a
  /// thousand.
  private static func names(of network: VisionInference, in context: ToolContext) throws -> [String]? {
    if let own = network.classNames { return try ImageNetClasses.names(of: own, in: context.home) ?? own }
    let known = try network.task.model.classes == 1000 ? ImageNetClasses(context.home).names : nil
    if known != nil { context.console.note("the 1,000 classes are called as ImageNet's, a guess: --classes FILE") }
    return known
  }
}

extension PredictCommand {
  /// Prints what the logits of all pictures say.
  func print(_ logits: ImageFunction, _ reader: PredictionReader, in context: ToolContext) throws {
    var printer = try PredictionPrinter(self, reader, on: context.console)
    try PictureInputs(inference, order: classOrder, context).forEachSource { images in
      try logits(images) { try printer.print(images.name(of: $0), $1) }
    }
    try printer.finish()
  }
}

extension VisionModality {
  func embedder(_ command: EmbedCommand, of model: ModelOrigin, in context: ToolContext) throws -> Embedder {
    try command.refuse(Self.unused, for: "a vision model")
    let settings = RunSettings(
      device: try command.machine.select(), precision: command.machine.precision, workers: command.inference.workers)
    let folder = try VisionFolder(model.path, command.hints)
    let network = try VisionInference(
      folder, preparing: command.preparation.told(), needsClassifier: false, settings)
    let features = try network.features(batchSize: command.inference.batch, maxBroken: command.inference.maxBroken)
    return Embedder(
      details: [network.title] + network.details,
      forEachInput: PictureInputs(command.inference, context).rows(features),
      features: features.rows)
  }
}

extension PictureInputs {
  /// The rows of all pictures.
  func rows(_ function: ImageFunction) -> (_ body: (String, [Float]) throws -> Void) throws -> Void {
    { body in
      try forEachSource { images in try function(images) { try body(images.name(of: $0), Array($1)) } }
    }
  }
}

extension ImageFunction {
  /// The rows of pictures that must all be readable.
  func rows(_ paths: [String]) throws -> [[Float]] {
    var rows: [[Float]] = []
    let broken = try self(PictureFiles(paths)) { rows.append(Array($1)) }
    if let (_, error) = broken.errors.first { throw error }
    return rows
  }
}
