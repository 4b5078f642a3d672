import SubCore
import SubData
import SubTrain

/// `convert`: the same tensors in another format or under other names.
package struct ConvertCommand: Command {
  package static let name = "convert"
  package static let summary = "rewrites weights in another format or under other names"
  package static let discussion =
    "Reads safetensors (also sharded), .npz, folders of .npy files and PyTorch's .pth, .pt and .bin. OUT's ending decides "
    + "what is written: .safetensors, .npz, or a folder of .npy files where there is no ending. Without --names every "
    + "tensor keeps its name. A run stands for its newest checkpoint. The configuration files beside IN, which tell what "
    + "tensors do not (heads, activation, the preparation of images), go into the metadata of a .safetensors file, where "
    + "the other commands find them."
  package static let example = "masksub convert deit_3_small_224_1k.pth deit3-s.safetensors --names timm"
  package static let section = CommandSection.look

  @Argument("IN", "the weights") var input: String
  @Argument("OUT", "where they go") var output: String
  @Option(
    "--weights", value: "KEY", default: "the average where there is one",
    "which of several weights of a PyTorch file: model, model_ema")
  var key: String?
  @Option("--names", default: "as they are", "whose names the tensors get") var names: Names?
  var inputOptions = InputOptions()

  package init() {}

  package func run(in context: ToolContext) throws {
    let format = try Format(output)
    let checkpoint = try Checkpoint.standing(for: input, note: context.console.note)
    defer { withExtendedLifetime(checkpoint) {} }
    let source = try TensorFile.open(checkpoint.path, weights: key)
    for remark in source.remarks { context.console.note(remark) }
    let renamed = try renamed(source, in: context)
    let result: any NamedTensors = renamed ?? source
    guard FileSystem.kind(output) == .absent || format != .folder else {
      throw InputError("there is something there already", at: output, cure: "name a folder that does not exist yet")
    }
    switch format {
    case .safetensors: try Safetensors.write(copying: result, metadata: metadata(source, checkpoint.path), to: output)
    case .npz: try Npz.write(copying: result, to: output)
    case .folder: try NpyFolder.write(copying: result, to: FileSystem.trimmed(output))
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
        "nobody calls the tensors of this \(family.name) so", at: "--names \(names.rawValue)",
        cure: "use another naming, or leave --names out", isUsage: true)
    }
    return try RenamedWeights(weights, of: family, to: target)
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
