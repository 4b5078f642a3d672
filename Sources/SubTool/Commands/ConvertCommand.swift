import ClipSub
import SubCore
import SubData
import SubTrain
import TextSub
import VisionSub

/// `convert`: the same tensors in another format or under other names.
package struct ConvertCommand: Command {
  package static let name = "convert"
  package static let summary = "rewrites weights in another format or under other names"
  package static let discussion =
    "Reads safetensors (also sharded), .npz, folders of .npy files and PyTorch's .pth, .pt and .bin. OUT's ending decides "
    + "what is written: .safetensors, .npz, or a folder of .npy files where there is no ending. Without --names every "
    + "tensor keeps its name. A run stands for its newest checkpoint."
  package static let example = "masksub convert deit_3_small_224_1k.pth deit3-s.safetensors --names timm"
  package static let section = CommandSection.look

  @Argument("IN", "the weights") var input: String
  @Argument("OUT", "where they go") var output: String
  @Option("--names", default: "as they are", "whose names the tensors get") var names: VisionConversion.Names?

  package init() {}

  package func run(in context: ToolContext) throws {
    let format = try Format(output)
    let place = try Checkpoint.path(of: input)
    let source = try TensorFile.open(place)
    var tensors: [(name: String, array: HostArray)]
    var dropped: [String] = []
    if let names {
      let families: [any ModelFamily] = [CLIPFamily(), BERTFamily()]
      let known = families.lazy.compactMap { family in family.recognise(source).map { (family, $0) } }.first
      if let (family, weights) = known, let target = try family.names(names.rawValue, of: weights) {
        let renamed = try RenamedWeights(weights, of: family, to: target)
        (tensors, dropped) = (renamed.tensors, renamed.dropped)
      } else {
        let conversion = try VisionConversion(source, to: names)
        (tensors, dropped) = (conversion.tensors, conversion.dropped)
        context.console.note(conversion.description)
      }
    } else {
      tensors = try source.arrays()
    }
    guard FileSystem.kind(output) == .absent || format != .folder else {
      throw InputError("there is something there already", at: output, cure: "name a folder that does not exist yet")
    }
    switch format {
    case .safetensors: try Safetensors.write(tensors, metadata: [("format", "pt")], to: output)
    case .npz: try Npz.write(tensors, to: output)
    case .folder: try NpyFolder.write(tensors, to: FileSystem.trimmed(output))
    }
    if let first = dropped.first {
      context.console.note("left out: \(dropped.count) tensors without such a name (\(first), …)")
    }
    try context.console.print("\(tensors.count) tensors in \(output)")
  }

  private enum Format {
    case safetensors, npz, folder

    init(_ path: String) throws {
      let name = FileSystem.name(path)
      if name.hasSuffix(".safetensors") {
        self = .safetensors
      } else if name.hasSuffix(".npz") {
        self = .npz
      } else if let ending = [".pth", ".pt", ".bin", ".npy", ".ckpt", ".h5", ".json"].first(where: name.hasSuffix) {
        throw InputError(
          "\(ending) files are not written", at: path, cure: "write .safetensors, .npz, or a folder of .npy files",
          isUsage: true)
      } else {
        self = .folder
      }
    }
  }
}

extension VisionConversion.Names: OptionValue {}
