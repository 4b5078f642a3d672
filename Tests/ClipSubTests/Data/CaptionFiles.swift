import Foundation
import SubCore
import SubData
import TestSupport

/// Data on disk for the tests.
enum CaptionFiles {
  /// The repository's embedded captions.
  static let embedded = Repository.file("datasets/captions")

  @discardableResult static func write(_ bytes: some Sequence<UInt8>, _ path: String) throws -> String {
    try FileManager.default.createDirectory(
      atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
    try Data(bytes).write(to: URL(fileURLWithPath: path))
    return path
  }

  /// A small picture.
  static let png: [UInt8] = {
    let reader = try! TarReader(embedded + "/val-0000.tar.gz")
    while let entry = try! reader.next() {
      if entry.kind == "png" { return try! reader.contents().withBytes { Array($0) } }
    }
    return []
  }()

  /// A ustar archive.
  static func tar(_ members: [(String, [UInt8])]) -> [UInt8] { TarArchive.bytes(members.map { ($0.0, $0.1) }) }

  /// `count` shards of `each` pairs named by shard and sample; images are three bytes that nobody decodes.
  static func shards(_ count: Int, each: Int, in folder: String) throws {
    for shard in 0..<count {
      let members = (0..<each).flatMap { sample -> [(String, [UInt8])] in
        let key = String(format: "%02d%03d", shard, sample)
        return [("\(key).jpg", [1, 2, 3]), ("\(key).txt", Array("caption \(key)".utf8))]
      }
      try write(tar(members), "\(folder)/\(String(format: "%03d", shard)).tar")
    }
  }

  /// Shards of so many pictures each with captions that name shard and sample, some of them broken.
  static func pictures(
    _ counts: [Int], broken: (_ shard: Int, _ sample: Int) -> Bool = { _, _ in false }, in folder: String
  )
    throws
  {
    for (shard, count) in counts.enumerated() {
      let members = (0..<count).flatMap { sample -> [(String, [UInt8])] in
        let key = "\(shard)-\(sample)"
        return [("\(key).png", broken(shard, sample) ? [1, 2, 3] : png), ("\(key).txt", Array("picture \(key)".utf8))]
      }
      try write(tar(members), "\(folder)/\(100 + shard).tar")
    }
  }

  /// The embedded captions' tokenizer.
  static func tokenizer() throws -> BytePairTokenizer {
    try BytePairTokenizer(mergesFile: embedded + "/../../tokenizers/captions-bpe/merges.txt")
  }
}
