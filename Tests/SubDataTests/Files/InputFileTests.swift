import Foundation
import SubCore
import Testing

@testable import SubData

/// Files that change while they are read, locks, and folders that lead round and round.
@Suite struct InputFileTests {
  @Test func `a file that shrinks or changes is an error of the next read`() throws {
    try Fixture.inFolder { folder in
      let path = "\(folder)/a"
      try AtomicFile.write([UInt8](repeating: 7, count: 100_000), to: path)
      let file = try InputFile(path)
      #expect(try file.array(10..<20).withBytes { Array($0) } == [UInt8](repeating: 7, count: 10))
      #expect(inputError { _ = try file.read(99_999..<100_001) }?.what.contains("ends too early") == true)
      truncate(path, 50_000)
      #expect(inputError { _ = try file.read(0..<10) }?.what.contains("was changed") == true)
      FileSystem.remove(path)
      #expect(inputError { _ = try file.read(0..<10) } != nil)
    }
  }

  @Test func `weights that are cut behind their opening are an error, not a signal`() throws {
    try Fixture.inFolder { folder in
      let path = "\(folder)/w.safetensors"
      try Safetensors.write([("a", HostArray([Float](repeating: 1, count: 100_000), shape: [100_000]))], to: path)
      let file = try Safetensors.open(path)
      truncate(path, 4096)
      #expect(inputError { _ = try file.array(named: "a") }?.place == path)
    }
  }

  @Test func `checksums are zlib's, over every piece`() throws {
    try Fixture.inFolder { folder in
      let bytes = (0..<(3 << 20) + 5).map { UInt8(truncatingIfNeeded: $0 &* 31) }
      try AtomicFile.write(bytes, to: "\(folder)/a")
      let found = try InputFile("\(folder)/a").checksum()
      #expect(found.size == bytes.count && found.crc32 == bytes.withUnsafeBytes { Checksum.crc32($0) })
      #expect(Array("123456789".utf8).withUnsafeBytes { Checksum.crc32($0) } == 0xcbf4_3926)
    }
  }

  @Test func `named pipes are refused wherever a file is meant, and nobody waits`() throws {
    try Fixture.inFolder { folder in
      let pipe = "\(folder)/pipe"
      mkfifo(pipe, 0o600)
      #expect(inputError { _ = try BytePairMerges(file: pipe) }?.what.contains("pipe") == true)
      #expect(inputError { _ = try TarReader(pipe) }?.what.contains("pipe") == true)
      #expect(inputError { _ = try TensorFile.open(pipe) }?.what.contains("pipe") == true)
      #expect(inputError { _ = try JSON.read(pipe) }?.what.contains("pipe") == true)
    }
  }

  #if os(Linux)
    @Test func `a lock ends though another process has its descriptor`() throws {
      try Fixture.inFolder { folder in
        let path = "\(folder)/lock"
        var lock = try FileLock(path, .exclusive, creating: true)
        // As a process has it that is about to start another program.
        let files = FileManager.default
        let descriptors = try files.contentsOfDirectory(atPath: "/proc/self/fd").compactMap { Int32($0) }
        let name = (path as NSString).lastPathComponent
        let own = try #require(
          descriptors.first { descriptor in
            let target = try? files.destinationOfSymbolicLink(atPath: "/proc/self/fd/\(descriptor)")
            return target.map { $0.hasSuffix("/\((folder as NSString).lastPathComponent)/\(name)") } ?? false
          })
        let other = dup(own)
        defer { close(other) }
        #expect(lock != nil && other >= 0)
        lock = nil
        #expect(try FileLock(path, .exclusive) != nil)
      }
    }
  #endif

  @Test func `locks exclude each other and go with their owner`() throws {
    try Fixture.inFolder { folder in
      let path = "\(folder)/lock"
      var first = try FileLock(path, .exclusive, creating: true)
      #expect(first?.holds == true)
      #expect(try FileLock(path, .exclusive) == nil && FileLock(path, .shared) == nil)
      first = nil
      let readers = try (0..<2).map { _ in try FileLock(path, .shared) }
      #expect(readers.allSatisfy { $0?.isStill(at: path) == true })
      #expect(try FileLock(path, .exclusive) == nil)
      FileSystem.remove(path)
      try AtomicFile.write("new", to: path)
      #expect(readers[0]?.isStill(at: path) == false)
    }
  }

  @Test func `links that lead back are named at once, and ladders of links end`() throws {
    try Fixture.inFolder { folder in
      for name in ["a", "b"] { symlink(".", "\(folder)/\(name)") }
      #expect(inputError { _ = try NpyFolder(folder) }?.what.contains("leads back") == true)
    }
    try Fixture.inFolder { folder in
      try FileSystem.makeFolder("\(folder)/cats/1")
      symlink("..", "\(folder)/cats/1/up")
      #expect(inputError { _ = try ImageFolder(folder) }?.place.hasSuffix("cats/1/up") == true)
    }
  }

  @Test func `a ladder of links, each twice, is no tree of a billion folders`() throws {
    try Fixture.inFolder { folder in
      for step in 0..<31 {
        try FileSystem.makeFolder("\(folder)/\(step)")
        for name in ["a", "b"] where step < 30 { symlink("../\(step + 1)", "\(folder)/\(step)/\(name)") }
      }
      #expect(inputError { _ = try NpyFolder("\(folder)/0") }?.what.contains("again and again") == true)
    }
  }

  @Test func `names of ours are listed beside names that are no UTF-8`() throws {
    try Fixture.inFolder { folder in
      try AtomicFile.write("x", to: "\(folder)/good")
      let odd: [CChar] = Array("\(folder)/".utf8CString.dropLast()) + [-1, 0]
      close(open(odd, O_CREAT | O_WRONLY, 0o600))
      #expect(try FileSystem.readableNames(in: folder) == ["good"])
      #expect(inputError { _ = try FileSystem.names(in: folder) }?.what.contains("UTF-8") == true)
    }
  }
}
