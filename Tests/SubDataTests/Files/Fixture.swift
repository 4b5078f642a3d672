import Foundation
import SubCore
import SubData
import TestSupport
import Testing

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

/// Runs `read` on `bytes` cut at so many lengths, or all there are. Anything but a value or an `InputError` fails (a trap
/// ends the whole run). Returns which share of the copies was refused.
func cut(_ bytes: [UInt8], at lengths: Int, _ read: (String) throws -> Void) throws -> Double {
  let lengths = min(lengths, bytes.count)
  return try Fixture.inFolder { folder in
    let path = "\(folder)/damaged"
    var refused = 0
    for number in 0..<lengths {
      let copy = bytes.prefix(bytes.count * number / lengths)
      // Neither emptied and rewritten (ext4 would flush it) nor synced (Foundation would): thousands of files follow.
      unlink(path)
      let file = try #require(fopen(path, "w"))
      _ = copy.withUnsafeBytes { fwrite($0.baseAddress, 1, $0.count, file) }
      fclose(file)
      do { try read(path) } catch let error as InputError {
        refused += 1
        if error.place.isEmpty || error.cure.isEmpty { throw error }
      }
    }
    return Double(refused) / Double(lengths)
  }
}
