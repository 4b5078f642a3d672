import ClipSub
import SubCore
import SubData
import SubTrain

/// `convert`: the same tensors in another format or under other names.
struct ConvertCommand: Command {
  static let name = "convert"
  static let summary = "rewrites weights in another format or under other names"
  static let discussion =
    "Reads safetensors (also sharded), .npz, folders of .npy files and PyTorch's .pth, .pt and .bin. OUT's ending decides "
    + "what is written: .safetensors, .npz, or a folder of .npy files where there is no ending. Without --names every "
    + "tensor keeps its name. A run stands for its newest checkpoint. The configuration files beside IN, which tell what "
    + "tensors do not (heads, activation, the preparation of images), go into the metadata of a .safetensors file, where "
    + "the other commands find them. --for writes a folder OUT that another program loads as it is: "
    + "timm.create_model('local-dir:OUT', pretrained=True), open_clip.create_model('local-dir:OUT'), or transformers' "
    + "from_pretrained. OUT.onnx is the network itself, for onnxruntime and others: inputs and outputs are named as "
    + "transformers names them, of any batch and any length of text, in f32. "
    + "With --average several weights of one model become their mean: of runs from one start, or of two models, between "
    + "which --by 0.3,0.7 interpolates."
  static let example = "masksub convert deit_3_small_224_1k.pth deit3-s.safetensors --names timm"
  static let section = CommandSection.look

  @Argument("IN", "the weights") var input: String
  @Argument("OUT", "where they go; with --average behind more weights") var rest: [String]
  @Flag("--average", "several weights of one model become their mean") var averages: Bool
  @Option("--by", value: "W,W,…", default: "all alike", "their factors in the mean, which sum to 1") var factors:
    Factors?
  @Option("--names", default: "as they are", "whose names the tensors get") var names: Names?
  @Option("--for", default: "none", "writes OUT as a folder for this program") var target: ExportForm?
  @Option("--tower", default: "both", "the tower of a CLIP that an .onnx file holds") var tower: ClipConfig.Tower?
  var visionModel = VisionModelOptions()
  var clipOptions = ClipOptions()
  var weights = WeightOptions()
  var preparation = PreparationOptions()
  var inputOptions = InputOptions()

  /// What the options say of the weights.
  var hints: WeightHints { weights.hints(visionModel, clipOptions) }

  /// Where the weights go.
  var output: String { rest.last ?? "" }

  /// The form for another program; nil: tensors are rewritten.
  var exportForm: ExportForm? { output.hasSuffix(".onnx") ? .onnx : target }

  func run(in context: ToolContext) throws {
    let inputs = try inputs()
    if exportForm != nil { return try export(in: context) }
    // What settles a model is for other programs; weights are rewritten as they are.
    try refuse(VisionModality.unused.union(TextModality.unused), for: "a file of weights")
    let format = try Format(output)
    let checkpoints = try inputs.map { try Checkpoint.standing(for: $0, note: context.console.note) }
    defer { withExtendedLifetime(checkpoints) {} }
    let checkpoint = checkpoints[0]
    let sources = try checkpoints.map { try self.source($0, context) }
    let source = averages ? try AveragedTensors(sources, by: factors?.values) : sources[0]
    for remark in source.remarks { context.console.note(remark) }
    let renamed = try renamed(source, in: context)
    let result: any NamedTensors = renamed ?? source
    if format == .folder { try FileSystem.checkFree(output) }
    switch format {
    case .safetensors: try Safetensors.write(copying: result, metadata: metadata(source, checkpoint.path), to: output)
    case .npz: try Npz.write(result, to: output)
    case .folder: try NpyFolder.write(result, to: FileSystem.trimmed(output))
    }
    if let dropped = renamed?.dropped, let first = dropped.first {
      context.console.note("left out: \(dropped.count) tensors without such a name (\(first), …)")
    }
    try context.console.print("\(result.names.count) tensors in \(output)")
  }

  /// The tensors under other names, where such are asked for.
  private func renamed(_ source: any NamedTensors, in context: ToolContext) throws -> RenamedWeights? {
    guard let names else { return nil }
    guard let (family, weights) = ModelFamilies.recognise(source) else {
      throw InputError(
        "no model is recognised among its \(source.names.count) tensors, so they cannot be renamed", at: input,
        cure: "leave --names out to keep the names (masksub inspect shows what a file holds)")
    }
    context.console.note("\(try family.summary(of: weights)), \(weights.title)")
    guard let target = try family.names(names.rawValue, of: weights) else {
      throw InputError(
        "there is no such naming for a \(family.name)", at: "--names \(names.rawValue)",
        cure: "use another naming, or leave --names out", isUsage: true)
    }
    return try RenamedWeights(weights, of: family, to: target)
  }

  /// The tensors; of a run that keeps an average that, as it is evaluated.
  private func source(_ checkpoint: Checkpoint, _ context: ToolContext) throws -> any NamedTensors {
    let (place, key) = (Companions.weightPlace(checkpoint.path), weights.key)
    guard let average = checkpoint.averagePath, key.map(checkpoint.isOwnKey) ?? true else {
      return try TensorFile.open(place, weights: key)
    }
    let source = try TensorFile.open(place)
    guard key != "model", let (family, recognised) = ModelFamilies.recognise(source) else { return source }
    if key == nil {
      context.console.note("the average of the run's weights is converted (--weights model: the weights themselves)")
    }
    return try RunAverage(recognised, of: family, averagedIn: average)
  }

  /// Writes a model for another program.
  private func export(in context: ToolContext) throws {
    func refuse(_ option: String, _ why: String) -> InputError {
      InputError(why, at: option, cure: "leave the option out", isUsage: true)
    }
    if exportForm == .onnx, let target { throw refuse("--for \(target.rawValue)", "an .onnx file is for any program") }
    if averages { throw refuse("--average", "weights are averaged into a weight file first") }
    if let names { throw refuse("--names \(names.rawValue)", "the names follow from the program that loads them") }
    if exportForm != .onnx, let tower { throw refuse("--tower \(tower.rawValue)", "a folder holds both towers") }
    if exportForm != .onnx { try FileSystem.checkFree(output) }
    let origin = ModelOrigin(input)
    let files = try origin.modality(weights: weights.key).export(self, of: origin, to: output, in: context)
    try context.console.print(files.joined(separator: ", "))
  }

  /// All weights. Throws a usage error where several are not to be averaged, or the factors are not theirs.
  private func inputs() throws -> [String] {
    let all = [input] + rest.dropLast()
    func wrong(_ what: String, _ option: String, _ cure: String) -> InputError {
      InputError(what, at: option, cure: cure, isUsage: true)
    }
    if rest.isEmpty { throw wrong("OUT is missing", "masksub convert", "add it; see masksub convert --help") }
    guard averages else {
      if factors != nil { throw wrong("nothing is averaged", "--by", "add --average, or leave it out") }
      if all.count > 1 {
        throw wrong("there are \(all.count) weights", "masksub convert", "add --average for their mean, or give one")
      }
      return all
    }
    if all.count < 2 { throw wrong("there is nothing to average", "--average", "give several weights, then OUT") }
    if let factors {
      guard factors.values.count == all.count else {
        throw wrong("\(factors.values.count) factors for \(all.count) weights", "--by", "give one for each")
      }
      let sum = factors.values.reduce(0, +)
      guard abs(sum - 1) < 1e-6 else { throw wrong("the factors sum to \(sum)", "--by", "give some that sum to 1") }
    }
    return all
  }

  /// What each of several weights counts.
  struct Factors: OptionValue {
    let values: [Double]

    static var placeholder: String { "W,W,…" }
    static var expectation: String { "numbers joined by commas" }
    static func parse(_ text: String, after previous: Factors?) -> Factors? {
      let values = text.split(separator: ",", omittingEmptySubsequences: false).map {
        Double.parse(String($0), after: nil)
      }
      return values.contains { $0 == nil } ? nil : Factors(values: values.compactMap(\.self))
    }
    var defaultText: String? { nil }
  }

  /// What a file says beside its tensors: what the source says itself, and what lies beside it.
  private func metadata(_ source: any NamedTensors, _ place: String) throws -> [(key: String, value: String)] {
    let names = Set(source.names)
    // A tensor's other name is a tensor of its own now.
    let own = source.metadata.filter { $0.key != "format" && !names.contains($0.key) }
    let beside = try Companions(of: place, source).texts().filter { text in !own.contains { $0.key == text.key } }
    return [("format", "pt")] + own + beside
  }

  /// Whose names tensors get.
  enum Names: String, CaseIterable, OptionValue {
    case timm, official
    case huggingFace = "hf"
    case openClip = "openclip"
  }

  private enum Format {
    case safetensors, npz, folder

    init(_ path: String) throws {
      let name = FileSystem.name(path)
      if name.hasSuffix(".safetensors") {
        self = .safetensors
      } else if name.hasSuffix(".npz") {
        self = .npz
      } else if let dot = name.lastIndex(of: "."), dot > name.startIndex,
        name[name.index(after: dot)...].contains(where: \.isLetter)
      {
        throw InputError(
          "\(name[dot...]) files are not written", at: path,
          cure: "write .safetensors, .npz, or a folder of .npy files, whose name has no ending", isUsage: true)
      } else {
        self = .folder
      }
    }
  }
}

extension ClipConfig.Tower: OptionValue {}
