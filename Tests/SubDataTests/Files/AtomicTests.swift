import Foundation
import SubCore
import SubData
import Testing

@Suite struct AtomicTests {
  @Test func `a folder appears whole, replaces the previous one whole, and leaves nothing beside it`() throws {
    try Fixture.inFolder { folder in
      let path = "\(folder)/runs/checkpoints/100"
      try AtomicFolder.write(to: path) { temporary in
        try AtomicFile.write("old", to: "\(temporary)/a")
        #expect(!FileManager.default.fileExists(atPath: path))
      }
      try AtomicFolder.write(to: path + "/") { temporary in
        try AtomicFile.write("new", to: "\(temporary)/b")
        #expect(try Fixture.names(in: path) == ["a"])
      }
      #expect(try Fixture.names(in: path) == ["b"])
      #expect(try Fixture.names(in: "\(folder)/runs/checkpoints") == ["100"])
      let error = inputError {
        try AtomicFolder.write(to: path) { temporary in
          try AtomicFile.write("half", to: "\(temporary)/c")
          throw InputError("stopped", at: "\(temporary)/c, byte 4", cure: "none")
        }
      }
      #expect(error?.place == "\(path)/c, byte 4")
      #expect(try Fixture.names(in: path) == ["b"])
      #expect(try Fixture.names(in: "\(folder)/runs/checkpoints") == ["100"])
      try AtomicFile.write("file", to: "\(folder)/file")
      #expect(inputError { try AtomicFolder.write(to: "\(folder)/file") { _ in } } != nil)
      #expect(try Fixture.names(in: folder) == ["file", "runs"])
    }
  }

  @Test func `a file is replaced or left alone`() throws {
    try Fixture.inFolder { folder in
      let path = "\(folder)/file"
      try AtomicFile.write("one", to: path)
      try AtomicFile.write("two", to: path)
      #expect(try String(contentsOfFile: path, encoding: .utf8) == "two")
      #expect(inputError { try AtomicFile.write("x", to: folder) } != nil)
      #expect(inputError { try AtomicFile.write("x", to: "\(folder)/none/file") }?.place == "\(folder)/none/file")
      #expect(try Fixture.names(in: folder) == ["file"])
      #expect(inputError { try AtomicFile.write("x", to: "/dev/full") }?.cure.contains("space") == true)
    }
  }

  @Test func `lines are appended whole and a half line is cut`() throws {
    try Fixture.inFolder { folder in
      let path = "\(folder)/metrics.jsonl"
      try AppendFile(path).append(["step": 1] as JSON)
      let handle = try FileHandle(forWritingTo: URL(filePath: path))
      try handle.seekToEnd()
      try handle.write(contentsOf: Data("{\"step\":".utf8))
      try handle.close()
      let file = try AppendFile(path)
      try file.append("two")
      try file.append("three")
      #expect(try String(contentsOfFile: path, encoding: .utf8) == "{\"step\":1}\ntwo\nthree\n")
      #expect(inputError { try AppendFile("/dev/full").append("x") }?.cure.contains("space") == true)
      #expect(inputError { _ = try AppendFile(folder) } != nil)
    }
  }
}
