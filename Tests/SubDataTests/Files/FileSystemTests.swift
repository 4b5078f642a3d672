import Foundation
import SubCore
import TestSupport
import Testing

@testable import SubData

/// Names and files that are not what they should be.
struct FileSystemTests {
  private let temporary = TemporaryFolder()
  private var folder: String { temporary.path }

  @Test func `a name that is no UTF-8 is pointed at`() throws {
    let path = Array(folder.utf8) + Array("/ri".utf8) + [0xff, 0]
    let made = path.withUnsafeBytes { mkdir($0.bindMemory(to: CChar.self).baseAddress!, 0o777) }
    // A file system may refuse such a name itself.
    guard made == 0 else { return }
    defer { _ = path.withUnsafeBytes { rmdir($0.bindMemory(to: CChar.self).baseAddress!) } }
    #expect(throws: InputError.self) { try FileSystem.names(in: folder) }
  }

  @Test func `a pipe that nobody uses keeps nobody waiting`() throws {
    let pipe = FileSystem.join(folder, "pipe")
    #expect(mkfifo(pipe, 0o600) == 0)
    #expect(try TextFile(pipe).bytes.isEmpty)
    for read: (String) throws -> Void in [
      { _ = try JSON.read($0) }, { _ = try TensorFile.open($0) }, { _ = try InputFile($0) }, { _ = try Npy.read($0) },
      { _ = try TarReader($0) }, { _ = try BytePairTokenizer(mergesFile: $0) }, { _ = try Safetensors.open($0) },
      { _ = try WordPieceTokenizer(vocabularyFile: $0, lowercase: true) },
    ] {
      #expect(throws: InputError.self) { try read(pipe) }
    }
    #expect(throws: InputError.self) { try AtomicFile.write("text", to: pipe) }
  }

  @Test func `a pipe whose writer is silent is waited for until a signal comes`() throws {
    let pipe = FileSystem.join(folder, "pipe")
    #expect(mkfifo(pipe, 0o600) == 0)
    let writer = open(pipe, O_RDWR)
    defer { close(writer) }
    Interruption.$simulated.withValue(.init()) {
      #expect(throws: Interruption.self) { try TextFile(pipe) }
    }
  }
}
