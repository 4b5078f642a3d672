import Foundation
import SubCore
import SubData

/// Data on disk for the tests.
enum CaptionFiles {
  /// The repository's embedded captions.
  static let embedded = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appendingPathComponent("datasets/captions").path

  /// A folder of its own.
  static func folder() throws -> String {
    let path = NSTemporaryDirectory() + "masksub-captions-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    return path
  }

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
  static func tar(_ members: [(String, [UInt8])]) -> [UInt8] {
    var archive: [UInt8] = []
    for (name, contents) in members {
      var header = [UInt8](repeating: 0, count: 512)
      func put(_ text: String, _ offset: Int) {
        header.replaceSubrange(offset..<(offset + text.utf8.count), with: text.utf8)
      }
      put(name, 0)
      put("0000644", 100)
      put(String(format: "%011o", contents.count), 124)
      put("        ", 148)
      put("0", 156)
      put("ustar\u{0}00", 257)
      let sum = header.reduce(0) { $0 + Int($1) }
      put(String(sum, radix: 8), 148)
      header[148 + String(sum, radix: 8).count] = 0
      archive += header + contents + [UInt8](repeating: 0, count: (512 - contents.count % 512) % 512)
    }
    return archive + [UInt8](repeating: 0, count: 1024)
  }

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
}
