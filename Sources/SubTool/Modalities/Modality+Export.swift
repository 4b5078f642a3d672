import ClipSub
import SubCore
import SubData
import SubTrain
import TextSub
import VisionSub

/// The forms in which other programs load models.
enum ExportForm: String, CaseIterable, OptionValue {
  case timm
  case openClip = "open_clip"
  case transformers
  /// By the ending of its file.
  case onnx

  /// What `--for` offers.
  static var choices: [String] { allCases.filter { $0 != .onnx }.map(\.rawValue) }
  static func parse(_ text: String, after previous: ExportForm?) -> ExportForm? {
    choices.contains(text) ? ExportForm(rawValue: text) : nil
  }

  /// The error of a kind of model that has not this form.
  func refused(_ family: String, _ forms: String) -> InputError {
    InputError(
      "a \(family) is not written for \(rawValue)", at: "--for \(rawValue)", cure: "use \(forms)", isUsage: true)
  }

  /// The files of a folder that `body` fills, which is there as a whole or not at all.
  static func folder(_ path: String, _ body: (_ folder: String) throws -> Void) throws -> [String] {
    try AtomicFolder.write(to: path, body)
    return try FileSystem.names(in: path).map { FileSystem.join(FileSystem.trimmed(path), $0) }
  }
}

extension VisionModality {
  func export(_ command: ConvertCommand, of model: ModelOrigin, to path: String, in context: ToolContext) throws
    -> [String]
  {
    try command.refuse(Self.unused, for: "a vision model")
    let network = try VisionInference(VisionFolder(model.path, command.hints), preparing: command.preparation.told())
    for line in [network.title] + network.details { context.console.note(line) }
    switch command.exportForm {
    case .onnx: return try network.onnx().write(to: path, version: Tool.version)
    case .timm:
      if let difference = network.configuration.timm?.difference { context.console.note(difference) }
      return try ExportForm.folder(path, network.writeForTimm)
    case .transformers: return try ExportForm.folder(path, network.writeForTransformers)
    default: throw ExportForm.openClip.refused("vision model", "timm, or an .onnx file")
    }
  }
}

extension TextModality {
  func export(_ command: ConvertCommand, of model: ModelOrigin, to path: String, in context: ToolContext) throws
    -> [String]
  {
    try command.refuse(Self.unused, for: "a BERT")
    let folder = try TextFolder(model.path, weights: command.weights.key)
    let network = try TextInference(folder, needsClassifier: folder.labelCount != nil)
    for line in network.details { context.console.note(line) }
    switch command.exportForm {
    case .onnx:
      let graph = try network.onnx()
      if graph.metadata.contains(where: { $0.key == "modules.json" }) {
        context.console.note("the graph ends at the tokens; what makes a vector of them stands in its metadata")
      }
      return try graph.write(to: path, version: Tool.version)
    case .transformers: return try ExportForm.folder(path, network.writeForTransformers)
    case let other: throw (other ?? .timm).refused("BERT", "transformers, or an .onnx file")
    }
  }
}

extension ClipModality {
  func export(_ command: ConvertCommand, of model: ModelOrigin, to path: String, in context: ToolContext) throws
    -> [String]
  {
    try command.refuse(Self.unused, for: "a CLIP")
    let clip = try Self.model(
      ClipModelChoice(model, command.clipOptions, command.hints), preparing: command.preparation, RunSettings(),
      in: context)
    for line in clip.remarks { context.console.note(line) }
    switch command.exportForm {
    case .onnx: return try clip.onnx(command.tower).write(to: path, version: Tool.version)
    case .openClip:
      if !clip.hasStandardVocabulary {
        context.console.note(
          "open_clip knows no other vocabulary than CLIP's own: tokenize texts for this model with merges.txt")
      }
      return try ExportForm.folder(path, clip.writeForOpenClip)
    case .transformers: return try ExportForm.folder(path, clip.writeForTransformers)
    case let other: throw (other ?? .timm).refused("CLIP", "open_clip, transformers, or an .onnx file")
    }
  }
}
