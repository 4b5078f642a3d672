public import SubCore

/// A checkpoint in safetensors files: one file, or shards with an index. Opening reads headers only.
public struct Safetensors: NamedTensors {
  public let place: String
  public let names: [String]
  /// The files, one unless sharded.
  public let files: [SafetensorsFile]
  private let fileOf: [String: Int]

  /// The `__metadata__` of the first file.
  public var metadata: [(key: String, value: String)] { files.first?.metadata ?? [] }

  /// Opens a `.safetensors` file, a `*.index.json`, or a folder with `model.safetensors` or
  /// `model.safetensors.index.json`. Throws an `InputError` naming file and byte offset, line or tensor.
  public static func open(_ path: String) throws -> Safetensors {
    guard FileSystem.kind(path) == .folder else {
      return path.hasSuffix(".json") ? try Safetensors(index: path) : try Safetensors(file: path)
    }
    let file = FileSystem.join(path, "model.safetensors")
    let index = FileSystem.join(path, "model.safetensors.index.json")
    if FileSystem.kind(file) == .file { return try Safetensors(file: file) }
    if FileSystem.kind(index) == .file { return try Safetensors(index: index) }
    throw InputError(
      "the folder holds neither model.safetensors nor model.safetensors.index.json", at: path,
      cure: "name the file itself, or a folder that holds one")
  }

  public func info(named name: String) throws -> TensorInfo { try file(of: name).info(named: name) }
  public func array(named name: String) throws -> HostArray { try file(of: name).array(named: name) }

  private func file(of name: String) throws -> SafetensorsFile {
    guard let file = fileOf[name] else { throw unknown(name) }
    return files[file]
  }

  private init(file path: String) throws {
    let file = try SafetensorsFile(path)
    place = path
    names = file.names
    files = [file]
    fileOf = Dictionary(file.names.map { ($0, 0) }) { first, _ in first }
  }

  /// The index's `weight_map` names the shard of every tensor; shards lie beside the index, nowhere else.
  private init(index path: String) throws {
    let cure = "get the index and its shards again"
    guard let map = try JSON.read(path)["weight_map"]?.object else {
      throw InputError("the index has no weight_map", at: path, cure: cure)
    }
    place = path
    names = map.keys
    var files: [SafetensorsFile] = []
    var opened: [String: Int] = [:]
    var fileOf: [String: Int] = [:]
    for member in map.members {
      let tensor = "\(path), tensor '\(member.key)'"
      guard let shard = member.value.string else { throw InputError("it has no shard", at: tensor, cure: cure) }
      guard !shard.isEmpty, shard != ".", shard != "..", !shard.utf8.contains(UInt8(ascii: "/")),
        !shard.utf8.contains(0)
      else {
        throw InputError("its shard '\(shard)' is no plain file name", at: tensor, cure: "keep shards beside the index")
      }
      let number: Int
      if let known = opened[shard] {
        number = known
      } else {
        files.append(try SafetensorsFile(FileSystem.join(FileSystem.parent(path), shard)))
        number = files.count - 1
        opened[shard] = number
      }
      guard files[number].contains(member.key) else {
        throw InputError("its shard \(shard) does not hold it", at: tensor, cure: cure)
      }
      guard fileOf.updateValue(number, forKey: member.key) == nil else {
        throw InputError("another name differs only in its Unicode form", at: tensor, cure: cure)
      }
    }
    self.files = files
    self.fileOf = fileOf
  }
}
