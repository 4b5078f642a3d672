public import SubCore

/// A folder of `.npy` files as a checkpoint: a tensor's name is its file's without `.npy`, with a dot for every folder.
public struct NpyFolder: NamedTensors {
  public let place: String
  public let names: [String]
  private let paths: [String: String]

  /// Lists the folder; the files are opened only when asked for. A folder without any `.npy` is refused.
  public init(_ path: String) throws {
    let files = try Self.files(in: path)
    guard !files.isEmpty else {
      throw InputError("the folder holds no .npy files", at: path, cure: "name a folder that does")
    }
    try self.init(path, files)
  }

  /// The files of a folder as they were listed.
  init(_ path: String, _ files: [(name: String, path: String)]) throws {
    place = path
    var paths: [String: String] = [:]
    for (name, path) in files {
      if let other = paths.updateValue(path, forKey: name) {
        throw InputError("\(other) stands for the same tensor '\(name)'", at: path, cure: "remove one of them")
      }
    }
    names = files.map(\.name)
    self.paths = paths
  }

  public func info(named name: String) throws -> TensorInfo {
    guard let path = paths[name] else { throw unknown(name) }
    return try Npy.info(path)
  }

  public func array(named name: String) throws -> HostArray {
    guard let path = paths[name] else { throw unknown(name) }
    return try Npy.read(path)
  }

  public func contains(_ name: String) -> Bool { paths[name] != nil }

  /// Writes a folder atomically, one file per tensor, without nesting: the names keep their dots. One tensor is held at a
  /// time.
  public static func write(_ tensors: any NamedTensors, to path: String) throws {
    try AtomicFolder.write(to: path) { folder in
      var written: Set<String> = []
      for name in tensors.names {
        try Interruption.check()
        guard !name.isEmpty, !name.hasPrefix("."), !name.utf8.contains(UInt8(ascii: "/")), !name.utf8.contains(0),
          written.insert(name).inserted
        else {
          throw InputError("no file can have this tensor's name", at: "\(path), tensor '\(name)'", cure: "rename it")
        }
        try Npy.write(tensors.array(named: name), to: FileSystem.join(folder, name + ".npy"))
      }
    }
  }

  /// The `.npy` files below a folder, each with its tensor's name.
  static func files(in folder: String) throws -> [(name: String, path: String)] {
    var found: [(name: String, path: String)] = []
    var walk = FolderWalk()
    try walk.enter(folder) { try list(folder, $1, prefix: "", &$0, into: &found) }
    return found
  }

  private static func list(
    _ folder: String, _ names: [String], prefix: String, _ walk: inout FolderWalk,
    into found: inout [(name: String, path: String)]
  ) throws {
    for name in names where !name.hasPrefix(".") {
      let path = FileSystem.join(folder, name)
      if FileSystem.kind(path) == .folder {
        try walk.enter(path) { try list(path, $1, prefix: prefix + name + ".", &$0, into: &found) }
      } else if name.hasSuffix(".npy") {
        found.append((prefix + name.dropLast(4), path))
      }
    }
  }
}
