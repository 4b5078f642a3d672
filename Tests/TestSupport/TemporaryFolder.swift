import SubCore
import SubData

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// A folder that goes away with the test.
public final class TemporaryFolder {
  /// The folder.
  public let path: String

  /// Makes an empty folder.
  public init() {
    var template = Array("/tmp/masksub-test-XXXXXX".utf8CString)
    guard let made = mkdtemp(&template) else { fatalError("no temporary folder: errno \(errno)") }
    path = String(cString: made)
  }

  deinit { FileSystem.remove(path) }

  /// A path inside.
  public subscript(name: String) -> String { "\(path)/\(name)" }

  /// The bytes of a file.
  public static func bytes(_ path: String) throws -> [UInt8] {
    let buffer = try InputFile(path).read()
    return withExtendedLifetime(buffer) { Array(buffer.bytes) }
  }

  /// The text of a file.
  public static func text(_ path: String) throws -> String { String(decoding: try bytes(path), as: UTF8.self) }
}
