import SubCore

/// Opens any file or folder of tensors, told apart by what it holds rather than by its name.
public enum TensorFile {
  /// Opens safetensors, `.npz`, `.npy`, a PyTorch file, an index of shards (`*.index.json`), a folder with
  /// `model.safetensors` or `pytorch_model.bin` or the index of one, or a folder of `.npy` files. Throws an `InputError`
  /// that says what else it is.
  ///
  /// - Parameter key: which of several weights in a PyTorch file are meant (`model`, `model_ema`); nil: the usual ones.
  public static func open(_ path: String, weights key: String? = nil) throws -> any NamedTensors {
    let tensors = try tensors(path, key)
    guard key == nil || tensors is TorchFile else {
      throw InputError(
        "the file holds one set of weights, which has no name", at: "\(path) (--weights)", cure: "leave --weights out",
        isUsage: true)
    }
    return tensors
  }

  private static func tensors(_ path: String, _ key: String?) throws -> any NamedTensors {
    if FileSystem.kind(path) == .folder { return try openFolder(path, key) }
    if path.hasSuffix(".json") {
      return try ShardedTensors(index: path) { shard in
        guard !shard.hasSuffix(".json") else {
          throw InputError("a shard cannot be an index itself", at: path, cure: "name the weight files in it")
        }
        return try open(shard)
      }
    }
    let file = try InputFile(path)
    let first = try file.read(0..<min(512, file.count))
    let start = withExtendedLifetime(first) { Array(first.bytes) }
    if start.starts(with: ZipArchive.signature) {
      let archive = try ZipArchive(file)
      return TorchArchive.recognizes(archive) ? try TorchFile(archive, weights: key) : try Npz(archive)
    }
    if start.starts(with: NpyHeader.magic) { return try NpyFile(path) }
    // The header's length comes first; JSON opens at once behind it.
    if start.count > 8, start[8] == UInt8(ascii: "{") { return try Safetensors.open(path) }
    if start.first == 0x80 { return try TorchFile(legacy: file, weights: key) }
    throw unrecognized(start, path)
  }

  private static func openFolder(_ path: String, _ key: String?) throws -> any NamedTensors {
    for name in ["model.safetensors", "pytorch_model.bin"].flatMap({ [$0, $0 + ".index.json"] }) {
      let file = FileSystem.join(path, name)
      if FileSystem.kind(file) == .file { return try tensors(file, key) }
    }
    let files = try NpyFolder.files(in: path)
    guard !files.isEmpty else {
      throw InputError(
        "the folder holds no model.safetensors, pytorch_model.bin or .npy files", at: path,
        cure: "name the weight file itself, or a folder that holds one")
    }
    return try NpyFolder(path, files)
  }

  private static func unrecognized(_ start: [UInt8], _ path: String) -> InputError {
    let text = String(decoding: start.prefix(64), as: UTF8.self).lowercased()
    let cure = "use a safetensors, .npz, .npy or PyTorch file"
    if start.isEmpty { return InputError("the file is empty", at: path, cure: "get the file again") }
    if text.hasPrefix("version https://git-lfs") {
      return InputError("this is a Git LFS pointer, not the file itself", at: path, cure: "run git lfs pull")
    }
    if text.hasPrefix("<!doctype") || text.hasPrefix("<html") {
      return InputError("this is a web page, not a weight file", at: path, cure: "download the file itself")
    }
    if start.count >= 262, start[257..<262].elementsEqual("ustar".utf8) {
      return InputError(
        "this is a tar archive", at: path, cure: "unpack it, or save the weights again with a newer PyTorch")
    }
    if start.starts(with: [0x1f, 0x8b]) {
      return InputError("this file is compressed with gzip", at: path, cure: "unpack it with gunzip first")
    }
    if start.starts(with: [0x89, 0x48, 0x44, 0x46]) {
      return InputError("this is an HDF5 file", at: path, cure: cure)
    }
    return InputError("this is no file of weights in a format known here", at: "\(path), byte 0", cure: cure)
  }
}

/// One `.npy` file as the only tensor of a checkpoint, named as the file without `.npy`.
struct NpyFile: NamedTensors {
  let place: String
  let names: [String]

  init(_ path: String) throws {
    place = path
    let name = FileSystem.name(path)
    names = [name.hasSuffix(".npy") ? String(name.dropLast(4)) : name]
    _ = try Npy.info(path)
  }

  func info(named name: String) throws -> TensorInfo {
    guard names.contains(name) else { throw unknown(name) }
    return try Npy.info(place)
  }

  func array(named name: String) throws -> HostArray {
    guard names.contains(name) else { throw unknown(name) }
    return try Npy.read(place)
  }
}
