import CZlib
import Foundation
import SubCore
import SubData
import TestSupport
import Testing

/// Against archives by Python's tarfile: scripts/reference/image_sets.py.
struct TarTests {
  private let temporary = TemporaryFolder()

  private func path(_ name: String) -> String {
    Bundle.module.resourceURL!.appendingPathComponent("Fixtures/image/sets/\(name)").path
  }

  @Test func `every dialect gives the same members`() throws {
    let long = String(repeating: "a", count: 120) + "/" + String(repeating: "b", count: 130)
    let split = String(repeating: "x", count: 95) + "/" + String(repeating: "y", count: 40)
    let all: [(String, String?, String, String)] = [
      ("folder/one.JPG", "folder/one", "jpg", "1"), ("folder/one.seg.png", "folder/one", "seg.png", "22"),
      (long + ".txt", long, "txt", "333"), ("no-dot", nil, "", "4"), (".hidden", nil, "", "5"),
      ("__meta__/x.txt", nil, "", "6"), ("v1.0/two.txt", "v1.0/two", "txt", "7"),
      ("v1.0/two.txt", "v1.0/two", "txt", "8"), ("größe.txt", "größe", "txt", "9"),
      (split + ".txt", split, "txt", ""),
    ]
    for name in ["gnu.tar", "pax.tar", "ustar.tar"] {
      let reader = try TarReader(path(name))
      #expect(reader.isPlain)
      let expected = name == "ustar.tar" ? all.filter { $0.0 != long + ".txt" } : all
      for member in expected {
        let entry = try #require(try reader.next())
        #expect((entry.path, entry.key, entry.kind) == (member.0, member.1, member.2), "\(name)")
        #expect(try reader.contents().withBytes { String(decoding: $0, as: UTF8.self) } == member.3)
      }
      #expect(try reader.next() == nil)
    }
  }

  @Test func `packed and plain shards give the same pictures, in any order`() throws {
    let plain = try TarShards([path("plain.tar")])
    let packed = try TarShards([path("packed.tar.gz")])
    #expect(plain.labels == [0, 1, 2, 0, 1, 2] && packed.labels == plain.labels && plain.classNames.count == 3)
    for index in [5, 0, 3] {
      guard case .file(let a, let name) = try plain.image(at: index), case .file(let b, _) = try packed.image(at: index)
      else { return }
      #expect(name.hasSuffix("plain.tar, 0000\(index)"))
      let image = try ImageDecoder.decode(a, name: name)
      #expect((image.width, image.height) == (20, 16))
      #expect(try ImageDecoder.decode(b, name: name) == image)
    }
  }

  @Test func `a cut shard gives what is whole and counts as a problem`() throws {
    let cut = try TarShards([path("cut.tar"), path("plain.tar")])
    #expect(cut.problems.count == 1 && cut.problems[0].place.contains("cut.tar, byte"))
    #expect(cut.labels.count > 6 && Array(cut.labels.suffix(6)) == [0, 1, 2, 0, 1, 2])
    let packed = try TarShards([path("cut.tar.gz"), path("plain.tar")])
    #expect(packed.problems.count == 1 && packed.labels.count > 6)
    #expect(throws: InputError.self) { try TarShards([path("cut.tar")], mostProblems: 0) }
    #expect(throws: InputError.self) { try TarShards([path("nowhere.tar")]) }
    let partial = try TarShards([path("partial.tar")])
    #expect(partial.labels == [1] && partial.incomplete == 2 && partial.problems.isEmpty)
    #expect(throws: InputError.self) { try TarShards([path("partial.tar")], classNames: ["one"], mostProblems: 0) }
  }

  @Test(arguments: [false, true]) func `an end within a member's padding is a cut, one behind it is none`(
    packed: Bool
  ) throws {
    // A header, 700 bytes and 324 of padding; two blocks of zeros that may be missing.
    let whole = TarArchive.bytes([("one.txt", Array(repeating: 65, count: 700))])
    for (length, isCut) in [(1211, true), (1212, true), (1300, true), (1535, true), (1536, false), (2560, false)] {
      let archive = temporary["\(length).tar"]
      let file = gzopen(archive, packed ? "wb" : "wbT")
      _ = whole.withUnsafeBytes { gzwrite(file, $0.baseAddress, UInt32(length)) }
      gzclose(file)
      let reader = try TarReader(archive)
      #expect(reader.isPlain == !packed)
      #expect(try reader.next()?.size == 700)
      if isCut {
        #expect(throws: InputError.self, "\(length)") { try reader.next() }
      } else {
        #expect(try reader.next() == nil, "\(length)")
      }
    }
  }

  @Test func `samples are runs of one key, and a kind that returns starts the next`() throws {
    let samples = TarSamples(try TarReader(path("gnu.tar")))
    var kinds: [[String]] = []
    while let sample = try samples.next() { kinds.append(sample.parts.map(\.kind)) }
    #expect(kinds == [["jpg", "seg.png"], ["txt"], ["txt"], ["txt"], ["txt"], ["txt"]])
  }

  @Test func `a sparse member is called what it is`() throws {
    let pax = Array("22 GNU.sparse.major=1\n".utf8)
    let archives = [
      TarArchive.member("a/0.png".utf8, [1, 2, 3], kind: "S"),
      TarArchive.member("x".utf8, pax, kind: "x") + TarArchive.member("GNUSparseFile.0/0.png".utf8, [1]),
    ]
    for bytes in archives {
      try ImageFixtures.write(bytes + TarArchive.end, temporary["s.tar"])
      let error = #expect(throws: InputError.self) { try TarReader(temporary["s.tar"]).next() }
      #expect(error?.what == "sparse members are not read" && error?.cure == "make it without -S")
    }
  }

  @Test func `keys that are no UTF-8 are keys of their own`() throws {
    func member(_ key: UInt8, _ kind: String, _ bytes: [UInt8]) -> [UInt8] {
      TarArchive.member([key] + Array(".\(kind)".utf8), bytes)
    }
    let whole =
      member(0xe9, "png", [1]) + member(0xe9, "cls", Array("1".utf8)) + member(0xe8, "png", [1])
      + member(0xe8, "cls", Array("0".utf8))
    // Nothing but the key tells these two apart.
    let torn = member(0xe9, "png", [1]) + member(0xe8, "cls", Array("0".utf8))
    try ImageFixtures.write(whole + torn + TarArchive.end, temporary["k.tar"])
    let shards = try TarShards([temporary["k.tar"]])
    #expect(shards.labels == [1, 0] && shards.incomplete == 2)
    #expect(shards.name(of: 0) == "\(temporary["k.tar"]), \\351")
  }

  @Test func `a class number has white space at its ends alone`() throws {
    func labels(_ text: String) throws -> [Int] {
      try AtomicFile.write(TarArchive.bytes([("0.png", [1]), ("0.cls", Array(text.utf8))]), to: temporary["c.tar"])
      return try TarShards([temporary["c.tar"]], mostProblems: 0).labels
    }
    #expect(try labels(" 10\n") == [10])
    for wrong in ["1 0", "1" + String(repeating: " ", count: 300) + "0", ""] {
      #expect(throws: InputError.self, "\(wrong)") { try labels(wrong) }
    }
  }

  @Test func `no damage traps, and no size is believed`() throws {
    let original = [UInt8](try ImageFixtures.data("sets/pax.tar"))
    let folder = temporary.path
    let key = RandomKey(seed: 2)
    for trial in 0..<150 {
      var bytes = original
      for flip in 0..<3 {
        bytes[key.integer(below: 6000, at: 10 * trial + flip)] = UInt8(
          key.integer(below: 256, at: 10 * trial + flip + 5))
      }
      if trial % 2 == 0 { repairChecksums(&bytes) }
      try ImageFixtures.write(bytes, folder + "/x.tar")
      let reader = try TarReader(folder + "/x.tar")
      do { while try reader.next() != nil { _ = try reader.contents() } } catch is InputError {}
      #expect(try reader.next() == nil || true)
    }
    var huge = original
    huge.replaceSubrange(512 + 124..<512 + 136, with: Array("77777777777\0".utf8))
    repairChecksums(&huge)
    try ImageFixtures.write(huge, folder + "/huge.tar")
    let reader = try TarReader(folder + "/huge.tar")
    #expect(throws: InputError.self) { while try reader.next() != nil { _ = try reader.contents() } }
  }

  /// Makes the checksum of every block right, as if it were a header.
  private func repairChecksums(_ bytes: inout [UInt8]) {
    for start in stride(from: 0, to: bytes.count - 511, by: 512) where bytes[start + 257] == UInt8(ascii: "u") {
      for index in 148..<156 { bytes[start + index] = 32 }
      let sum = bytes[start..<(start + 512)].reduce(0) { $0 + Int($1) }
      let digits = String(sum, radix: 8)
      let field = String(repeating: "0", count: 6 - digits.count) + digits + "\0 "
      bytes.replaceSubrange((start + 148)..<(start + 156), with: Array(field.utf8))
    }
  }

  @Test func `shard lists expand as in bash`() throws {
    #expect(try ShardList.expand("a-{08..11}.tar") == ["a-08.tar", "a-09.tar", "a-10.tar", "a-11.tar"])
    #expect(try ShardList.expand("{a,b{1..2}}/{x,y}.tar").count == 6)
    #expect(try ShardList.expand("s3://x/{0..1}.tar::b.tar") == ["s3://x/0.tar", "s3://x/1.tar", "b.tar"])
    #expect(try ShardList.expand("plain.tar") == ["plain.tar"])
    #expect(try ShardList.expand("{a,b,}c") == ["ac", "bc", "c"])
    for wrong in ["{1..", "{0..99999999}", "{1..999}{1..999}{1..999}"] {
      #expect(throws: InputError.self) { try ShardList.expand(wrong) }
    }
  }

  @Test func `shard lists without end are refused before they take stack or memory`() throws {
    let names = { (count: Int) in "{0..\(count - 1)}" }
    #expect(try ShardList.expand(String(repeating: "{a,}", count: 16)).count == 65536)
    #expect(try ShardList.expand(String(repeating: "{a,", count: 64) + String(repeating: "}", count: 64)).count == 65)
    #expect(try ShardList.expand(names(1_000_000)).count == 1_000_000)
    let long = String(repeating: "x", count: 100_000)
    let wrong = [
      String(repeating: "{a}", count: 30_000),
      String(repeating: "{", count: 30_000) + long + String(repeating: "}", count: 30_000),
      String(repeating: "{a,", count: 65) + String(repeating: "}", count: 65),
      "{\((0..<100).map { _ in names(1_000_000) }.joined(separator: ","))}", names(1_000_000) + long,
      "{\(long.map { _ in "0" }.joined())..99999}",
      (0..<100).map { _ in names(1_000_000) }.joined(separator: "::"),
    ]
    for notation in wrong {
      let error = #expect(throws: InputError.self) { try ShardList.expand(notation) }
      #expect((error?.place.count ?? 0) < 500)
    }
  }
}
