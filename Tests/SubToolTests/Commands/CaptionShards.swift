import SubCore
import SubData
import TestSupport

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Image-caption data for the tests of the tool.
enum CaptionShards {
  /// The repository.
  static let home = Repository.path

  /// The members of the embedded held-out pairs: key, ending, content.
  static let embedded: [(key: String, kind: String, bytes: [UInt8])] = {
    var members: [(String, String, [UInt8])] = []
    guard let reader = try? TarReader("\(home)/datasets/captions/val-0000.tar.gz") else { return [] }
    while let entry = try? reader.next(), let contents = try? reader.contents() {
      members.append((entry.key ?? "", entry.kind, contents.withBytes { Array($0) }))
    }
    return members
  }()

  /// Writes some bytes.
  @discardableResult static func write(_ bytes: some Sequence<UInt8>, _ path: String) throws -> String {
    try FileSystem.makeFolder(FileSystem.parent(path))
    guard let file = fopen(path, "wb") else { fatalError("cannot write \(path)") }
    defer { fclose(file) }
    let all = Array(bytes)
    precondition(fwrite(all, 1, all.count, file) == all.count, "cannot write \(path)")
    return path
  }

  /// A ustar archive.
  static func tar(_ members: [(name: String, bytes: [UInt8])]) -> [UInt8] { TarArchive.bytes(members) }

  /// Plain shards 0.tar, 1.tar, … of `each` embedded pairs.
  static func write(_ count: Int, each: Int, to folder: String) throws {
    let keys = embedded.map(\.key).reduce(into: [String]()) { if $0.last != $1 { $0.append($1) } }
    for shard in 0..<count {
      let wanted = Set(keys[(shard * each)..<((shard + 1) * each)])
      let members = embedded.filter { wanted.contains($0.key) }.map { (name: "\($0.key).\($0.kind)", bytes: $0.bytes) }
      try write(tar(members), "\(folder)/\(shard).tar")
    }
  }

  /// A CLIP that steps in no time, for the embedded images and their tokenizer.
  static let tinyConfiguration = """
    {"embed_dim": 16,
     "vision_cfg": {"image_size": 24, "patch_size": 6, "width": 32, "layers": 2, "head_width": 16},
     "text_cfg": {"context_length": 32, "vocab_size": 659, "width": 32, "heads": 2, "layers": 1}}
    """
}
