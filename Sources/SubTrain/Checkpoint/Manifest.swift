import SubCore
import SubData

/// `manifest.json` of a checkpoint: the size and CRC-32 of every other file, and the CRC-32 of that list itself, so that
/// no flipped bit, cut or missing file goes unnoticed.
struct Manifest {
  static let name = "manifest.json"
  private static let cure = "restore it from a copy, or go on from an older checkpoint"

  /// Lists the files that stand in a checkpoint's folder.
  static func write(in folder: String) throws {
    var files = JSON.Object()
    for name in try FileSystem.names(in: folder) where name != Self.name {
      let (size, checksum) = try InputFile(FileSystem.join(folder, name)).checksum()
      files[name] = ["bytes": .integer(Int64(size)), "crc32": .string(text(checksum))]
    }
    let json: JSON = ["files": .object(files), "crc32": .string(text(of: files))]
    try AtomicFile.write(json.text(indent: 2) + "\n", to: FileSystem.join(folder, Self.name))
  }

  /// Throws an `InputError` that names the file where a checkpoint is not as it was written. One of an earlier version,
  /// without a manifest, is taken where its parts can be opened.
  static func check(_ folder: String) throws {
    let place = FileSystem.join(folder, Self.name)
    let state = FileSystem.join(folder, "state.json")
    guard FileSystem.kind(place) != .absent else {
      // The state says whether there was one.
      if try JSON.read(state)["manifest"]?.bool == true {
        throw InputError("the checkpoint's manifest is missing", at: place, cure: cure)
      }
      for name in ["model", "optimizer"] { _ = try Safetensors.open(FileSystem.join(folder, name + ".safetensors")) }
      return
    }
    let json = try JSON.read(place)
    guard let files = json["files"]?.object, files.count > 0, json["crc32"]?.string == text(of: files) else {
      throw InputError("the checkpoint's manifest is damaged", at: place, cure: cure)
    }
    for file in files.members {
      let path = FileSystem.join(folder, file.key)
      let size = file.value["bytes"]?.int ?? -1
      guard FileSystem.kind(path) != .absent else {
        throw InputError("a file of the checkpoint is missing", at: path, cure: cure)
      }
      let input = try InputFile(path)
      guard input.count == size else {
        throw InputError("the file has \(input.count) bytes, \(size) were written", at: path, cure: cure)
      }
      guard try text(input.checksum().crc32) == file.value["crc32"]?.string else {
        throw InputError("the file is damaged: its checksum is another one", at: path, cure: cure)
      }
    }
  }

  private static func text(of files: JSON.Object) -> String {
    JSON.object(files).bytes().withUnsafeBytes { text(Checksum.crc32($0)) }
  }

  private static func text(_ checksum: UInt32) -> String {
    let digits = String(checksum, radix: 16)
    return String(repeating: "0", count: 8 - digits.count) + digits
  }
}
