import SubCore
import SubTrain
import TextSub

/// `embed`: features of inputs, and which are alike.
struct EmbedCommand: Command {
  static let name = "embed"
  static let summary = "features of pictures, sentences and captions, and their nearest neighbours"
  static let discussion =
    "A vision model gives what its classifier reads, a BERT the mean of its last layer's tokens "
    + "(or what a sentence-transformers folder says), a CLIP the features of "
    + "its image tower, or with --captions of its text tower, each of length 1. --output writes a row for every input; "
    + "what the inputs are stands in FILE.names.txt beside FILE.npy, in the metadata of a .safetensors file, and in front of "
    + "the numbers in a .csv or .jsonl file. --nearest prints the most similar inputs, by cosine, of every --query, or of every input: a query of a CLIP is a text."
  static let example = "masksub embed --from models/clip photos --query \"a dog in the snow\" --nearest 5"
  static let section = CommandSection.evaluate

  @Option("--from", value: "RUN|FILE", "the model") var from: String
  @Option(
    "--output", value: "FILE", default: "none", "an .npy, .safetensors, .csv or .jsonl file with a row for every input")
  var output: String?
  @Option("--nearest", value: "K", in: 1...1_000_000, default: "none", "prints the K nearest inputs of each input")
  var nearest: Int?
  @Option("--query", value: "INPUT", "an input whose neighbours are printed instead") var queries: [String]
  @Flag("--captions", "inputs are texts for a CLIP's text tower") var captions: Bool
  @Flag("--normalize", "rows of length 1") var normalizes: Bool
  @Option(
    "--pooling", default: "what lies beside the weights, else mean", "how the vectors of a text's tokens become one")
  var pooling: TextPooling?
  var inference = InferenceOptions()
  var visionModel = VisionModelOptions()
  var clipOptions = ClipOptions()
  var weights = WeightOptions()
  var preparation = PreparationOptions()
  var machine = MachineOptions(ofRuns: true)
  var inputOptions = InputOptions()

  /// What the options say of the weights.
  var hints: WeightHints { weights.hints(visionModel, clipOptions) }

  func run(in context: ToolContext) throws {
    guard output != nil || nearest != nil else {
      throw InputError(
        "neither --output nor --nearest is given", at: "masksub embed",
        cure: "say where features go, or how many neighbours to print", isUsage: true)
    }
    guard queries.isEmpty || nearest != nil else {
      throw InputError(
        "--query without --nearest", at: "masksub embed", cure: "add --nearest K", isUsage: true)
    }
    let origin = ModelOrigin(from)
    let read = origin.places + [inference.data, clipOptions.vocabulary].compactMap(\.self)
    var file = try output.map { try RowFile($0, tensor: "features", option: "--output", sparing: read) }
    let embedder = try origin.modality(weights: weights.key).embedder(self, of: origin, in: context)
    for line in embedder.details { context.console.note(line) }
    var (names, features, width): ([String], [Float], Int) = ([], [], 0)
    var outputs = FiniteOutputs()
    try embedder.forEachInput { name, row in
      outputs.add(row)
      let row = normalizes ? Self.normalized(row) : row
      names.append(name)
      width = row.count
      features += row
      file?.add(name, row)
    }
    guard !names.isEmpty else {
      throw InputError("there is no input", at: "masksub embed", cure: "name pictures or texts", isUsage: true)
    }
    if let file { try context.console.print(file.write()) }
    if let nearest { try printNeighbours(nearest, names, features, width, embedder, in: context) }
    try outputs.check(at: from)
  }

  private func printNeighbours(
    _ k: Int, _ names: [String], _ features: [Float], _ width: Int, _ embedder: Embedder, in context: ToolContext
  ) throws {
    let neighbours = Neighbours(features, width: width, on: machine.device)
    let rows =
      queries.isEmpty
      ? names.indices.map { Array(features[$0 * width..<($0 + 1) * width]) } : try embedder.features(queries)
    let asked = queries.isEmpty ? names : queries
    let found = try neighbours.nearest(k, to: rows) { queries.isEmpty ? $0 : nil }
    for (name, nearest) in zip(asked, found) {
      try context.console.print(name)
      for (index, cosine) in nearest { try context.console.print("  \(Double(cosine).fixed(4))  \(names[index])") }
    }
  }

  private static func normalized(_ row: [Float]) -> [Float] {
    let length = row.reduce(0) { $0 + Double($1) * Double($1) }.squareRoot()
    return length > 0 ? row.map { Float(Double($0) / length) } : row
  }
}

/// Features of one model.
struct Embedder {
  /// What has to be said of the model, in a line each.
  let details: [String]
  /// Calls `body` with every input's name and features.
  let forEachInput: (_ body: (_ name: String, _ row: [Float]) throws -> Void) throws -> Void
  /// The features of queries.
  let features: (_ queries: [String]) throws -> [[Float]]
}

extension TextPooling: OptionValue {}

extension EmbedCommand: LineBasis {
  func earlier(for command: any Command.Type) throws -> EarlierLine? {
    $from.isGiven ? try EarlierLine(of: from, [("--precision", ["--precision"])]) : nil
  }
}
