import SubCore
import SubData
import SubTrain

/// `inspect`: what a file of tensors holds.
struct InspectCommand: Command {
  static let name = "inspect"
  static let summary = "tensors, shapes and types of a file, the architecture and the naming"
  static let discussion =
    "Reads .safetensors files, their sharded form with an index, .npy, .npz and PyTorch's .pth, and folders with "
    + "model.safetensors."
  static let example = "masksub inspect models/minilm/model.safetensors --stats"
  static let section = CommandSection.look

  @Flag("--stats", "adds the smallest and largest value, mean, standard deviation and the count of zeros")
  var stats: Bool
  @Argument("FILE", "the file, a folder that holds model.safetensors, or a run") var file: String
  var weights = WeightKeyOptions()
  var inputOptions = InputOptions()

  func run(in context: ToolContext) throws {
    let console = context.console
    let place = try Checkpoint.standing(for: file, note: console.note)
    defer { withExtendedLifetime(place) {} }
    let tensors = try TensorFile.open(place.path, weights: weights.key)
    let infos = try tensors.names.map { (name: $0, info: try tensors.info(named: $0)) }
    let nameWidth = min(infos.map(\.name.count).max() ?? 0, 72)
    let shapes = infos.map { "[\($0.info.shape.map(String.init).joined(separator: ", "))]" }
    let shapeWidth = shapes.map(\.count).max() ?? 0
    for ((name, info), shape) in zip(infos, shapes) {
      var line = "\(name.padded(nameWidth))  \(info.dtype.rawValue.padded(4))  \(shape)"
      if stats {
        line = line.padded(nameWidth + shapeWidth + 8) + "  " + TensorStatistics(try tensors.array(named: name)).text
      }
      try console.print(line)
      // A big file takes a while with --stats.
      try Interruption.check()
    }
    let elements = infos.reduce(0) { $0 + $1.info.count }
    let bytes = infos.reduce(0) { $0 + $1.info.byteCount }
    let types = Set(infos.map(\.info.dtype.rawValue)).sorted().joined(separator: ", ")
    try console.print(
      "\(infos.count) tensors, \(elements) elements (\((Double(elements) / 1e6).fixed(2)) M), "
        + "\((Double(bytes) / 1_048_576).fixed(1)) MiB" + (types.isEmpty ? "" : ", \(types)"))
    for remark in tensors.remarks { try console.print(remark.oneLine) }
    guard let (family, weights) = ModelFamilies.recognise(tensors) else {
      try console.print("architecture: not recognised")
      return
    }
    do {
      let hints = WeightHints(key: self.weights.key)
      try console.print("architecture: \(try family.summary(of: weights, at: file, hints))")
    } catch let error as InputError {
      try console.print("architecture: \(family.name), but \(error.description)")
    }
    try console.print("naming: \(weights.title)")
  }
}
