import ClipSub
import Foundation
import SubCore
import SubData
import TestSupport
import Testing

/// Whatever the bytes are: an answer or an `InputError`, never a trap.
struct BrokenInputTests {
  private let folder = TemporaryFolder()

  private static func read(_ path: String) throws {
    do {
      let options = CaptionOptions(jsonFields: [], faults: CaptionFaults.Limit(count: 5, share: 0.5))
      var stream = try CaptionStream(CaptionSet(path, options: options, readsLabels: true), order: .training(seed: 1))
      for _ in 0..<50 { _ = try stream.next()?.imageBytes().count }
    } catch is InputError {}
  }

  @Test func `damaged shards, plain and packed`() throws {
    let plain = CaptionFiles.tar(
      (0..<6).flatMap { index -> [(String, [UInt8])] in
        [
          ("\(index).png", [1, 2]), ("\(index).txt", Array("é \(index)".utf8)),
          ("\(index).json", Array(#"{"label":1}"#.utf8)),
        ]
      })
    let packed = try Data(contentsOf: URL(fileURLWithPath: CaptionFiles.embedded + "/val-0000.tar.gz"))
    for bytes in DamagedBytes.copies(of: plain, count: 300, seed: 1)
      + DamagedBytes.copies(of: Array(packed.prefix(9000)), count: 60, seed: 2)
    {
      try Self.read(CaptionFiles.write(bytes, folder["x.tar"]))
    }
  }

  @Test func `damaged tables`() throws {
    let text = "filepath\ttitle\na.jpg\t\"one \"\"two\"\"\"\r\nb.jpg\tthree\n\nc.jpg\t\"four\nfive\"\n"
    for bytes in DamagedBytes.copies(of: Array(text.utf8), count: 500, seed: 3) {
      try Self.read(CaptionFiles.write(bytes, folder["x.csv"]))
    }
  }
}
