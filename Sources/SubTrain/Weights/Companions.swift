public import SubData

/// What lies beside weights: the configurations that tools write next to them, or that `convert` put into a safetensors
/// file's metadata under their names.
public struct Companions: Sendable {
  /// The folder of the weights.
  public let folder: String
  /// Whether what lies there is about these weights for certain: a folder was named, or a file of one of the names that
  /// such folders have. Other files' neighbours may be about something else entirely.
  public let isOwn: Bool
  private let metadata: [String: String]
  private let place: String

  /// What weight files in folders of one model are called.
  public static let weightNames = [
    "model.safetensors", "pytorch_model.bin", "open_clip_model.safetensors", "open_clip_pytorch_model.bin",
  ]
  /// What may lie beside.
  public static let names = [
    "config.json", "processor_config.json", "preprocessor_config.json", "open_clip_config.json",
  ]

  /// Where the weights at a path are: in a folder of open_clip's, which names them in its own way, that file; else the
  /// path itself.
  public static func weightPlace(_ path: String) -> String {
    guard FileSystem.kind(path) == .folder else { return path }
    return weightNames.suffix(2).lazy.map { FileSystem.join(path, $0) }.first { FileSystem.kind($0) == .file } ?? path
  }

  /// What lies beside the weights at a path, a file or a folder.
  public init(of path: String, _ source: any NamedTensors) {
    let isFolder = FileSystem.kind(path) == .folder
    folder = isFolder ? path : FileSystem.parent(path)
    let name = FileSystem.name(path)
    isOwn = isFolder || Self.weightNames.contains { name == $0 || name == $0 + ".index.json" }
    metadata = Dictionary(source.metadata.map { ($0.key, $0.value) }) { $1 }
    place = source.place
  }

  /// A file beside the weights that is about them, with where it stands; nil where there is none.
  public func json(_ name: String) throws -> (json: JSON, place: String)? {
    let path = FileSystem.join(folder, name)
    // open_clip's says by its name what it is about.
    let isMeant = isOwn || name == "open_clip_config.json"
    if isMeant, FileSystem.kind(path) == .file { return (try JSON.read(path), path) }
    guard let text = metadata[name] else { return nil }
    let place = "\(place), metadata '\(name)'"
    return (try JSON.parse(text, at: place), place)
  }

  /// The same of a file that may be about something else: what cannot be read there does not count.
  public func possibleJSON(_ name: String) -> JSON? {
    let path = FileSystem.join(folder, name)
    return isOwn || FileSystem.kind(path) != .file ? nil : try? JSON.read(path)
  }

  /// The texts of all that is about the weights, by name, for a file's metadata.
  public func texts() throws -> [(key: String, value: String)] {
    try Self.names.compactMap { name in try json(name).map { (name, $0.json.text()) } }
  }
}
