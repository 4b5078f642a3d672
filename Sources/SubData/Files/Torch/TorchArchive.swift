import SubCore

/// The zip form of `torch.save` (since 1.6) and of TorchScript: `ROOT/data.pkl` beside `ROOT/data/KEY`.
struct TorchArchive: TorchContainer {
  let file: InputFile
  let isSwapped: Bool
  private let archive: ZipArchive
  private let root: String

  /// Whether a zip archive is one of PyTorch's.
  static func recognizes(_ archive: ZipArchive) -> Bool { root(of: archive) != nil }

  /// Reads the pickle; the storages stay untouched.
  static func read(_ archive: ZipArchive) throws -> (TorchArchive, PickleGraph) {
    let container = try TorchArchive(archive)
    let entry = archive[container.root + "data.pkl"]!
    let content = try archive.content(entry, mayLackChecksum: true)
    var reader = PickleReader(ByteReader(content.buffer, place: archive.place(entry), range: content.range))
    return (container, try reader.read())
  }

  private init(_ archive: ZipArchive) throws {
    guard let root = Self.root(of: archive) else {
      throw InputError("the archive has no data.pkl", at: archive.file.path, cure: "use a file that torch.save wrote")
    }
    self.archive = archive
    self.root = root
    file = archive.file
    var isLittle = true
    if let entry = archive[root + "byteorder"] {
      let content = try archive.start(entry, limit: 16)
      switch ByteReader(content.buffer, place: file.path).text(content.range) {
      case "little": break
      case "big": isLittle = false
      default: throw archive.failure("the byte order is neither little nor big", entry)
      }
    }
    isSwapped = isLittle != (Int(littleEndian: 1) == 1)
  }

  func size(of storage: TorchStorage) throws -> Int { try entry(storage).size }

  func content(of storage: TorchStorage) throws -> (buffer: HostBuffer, range: Range<Int>) {
    try archive.content(entry(storage), mayLackChecksum: true)
  }

  private func entry(_ storage: TorchStorage) throws -> ZipArchive.Entry {
    guard let entry = archive["\(root)data/\(storage.key)"] else {
      throw failure("the archive does not hold this storage", storage)
    }
    return entry
  }

  /// What stands before `data.pkl`: `archive/`, or the name of the file once saved.
  private static func root(of archive: ZipArchive) -> String? {
    for entry in archive.entries where entry.name.hasSuffix("data.pkl") {
      let root = entry.name.dropLast("data.pkl".count)
      if root.isEmpty || root.firstIndex(of: "/") == root.indices.last { return String(root) }
    }
    return nil
  }
}
