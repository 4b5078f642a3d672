import Foundation
import SubCore
import SubData
import TestSupport

/// Files made by scripts/reference/make_file_fixtures.py, and room for files of a test's own.
enum Fixture {
  static func path(_ name: String) -> String {
    Bundle.module.resourceURL!.appendingPathComponent("Fixtures/files/\(name)").path
  }

  static func bytes(_ name: String) throws -> [UInt8] { try [UInt8](Data(contentsOf: URL(filePath: path(name)))) }

  /// Runs `body` with a new empty folder that is removed afterwards.
  static func inFolder<Result>(_ body: (String) throws -> Result) throws -> Result {
    let folder = TemporaryFolder()
    return try withExtendedLifetime(folder) { try body(folder.path) }
  }

  static func names(in folder: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
  }
}

/// The `InputError` that `body` throws; nil where it throws none or another.
func inputError(_ body: () throws -> Void) -> InputError? {
  do {
    try body()
    return nil
  } catch { return error as? InputError }
}

/// Runs `read` on damaged copies of `bytes`: cut at `cuts` lengths and with `flips` random changes. Anything but a
/// value or an `InputError` fails (a trap ends the whole run). Returns how many copies were refused.
func damage(
  _ bytes: [UInt8], cuts: Int, flips: Int, seed: Int, named name: String = "damaged", _ read: (String) throws -> Void
) throws -> Int {
  try Fixture.inFolder { folder in
    let path = "\(folder)/\(name)"
    var refused = 0
    func attempt(_ damaged: [UInt8]) throws {
      // Neither emptied and rewritten (ext4 would flush it) nor synced (Foundation would): thousands of files follow.
      unlink(path)
      let file = fopen(path, "w")
      fwrite(damaged, 1, damaged.count, file)
      fclose(file)
      do { try read(path) } catch let error as InputError {
        refused += 1
        if error.place.isEmpty || error.cure.isEmpty { throw error }
      }
    }
    for cut in 0..<min(cuts, bytes.count) {
      try attempt(Array(bytes.prefix(bytes.count * cut / min(cuts, bytes.count))))
    }
    let key = RandomKey(seed: seed)
    for flip in 0..<flips {
      let key = key.fold(flip)
      var damaged = bytes
      // Headers are where the danger is: half of the changes fall into the first 300 bytes, a quarter into the last.
      let zone =
        flip % 4 < 2
        ? 0..<min(300, bytes.count) : flip % 4 == 2 ? max(0, bytes.count - 300)..<bytes.count : 0..<bytes.count
      for change in 0..<(1 + key.integer(below: 3, at: 0)) {
        let position = zone.lowerBound + key.integer(below: zone.count, at: 10 + change)
        damaged[position] =
          [0, 0xff, 0x7f, 0x80, UInt8(key.integer(below: 256, at: 20 + change)), damaged[position] ^ 1][
            key.integer(below: 6, at: 30 + change)]
      }
      try attempt(damaged)
    }
    return refused
  }
}
