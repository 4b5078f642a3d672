import CZlib
import SubCore
import SubData
import TestSupport
import Testing

/// Class folders inside of archives, beside the same ones on the disk.
struct TarFolderTests {
  private let folder = TemporaryFolder()
  private let files = [
    "./data/train/dog/b/0.png", "./data/train/dog/9.png", "./data/train/dog/10.png", "./data/train/cat/0.PNG",
    "./data/test/cat/1.png", "./data/test/dog/2.png", "./data/README.md", "./data/train/cat/._0.png",
  ]

  private func archive(_ names: [String], _ path: String) throws -> String {
    let members = try names.enumerated().map { (name: $1, bytes: try ImageFixtures.gradient(4 + $0, 4).pngData()) }
    let bytes = TarArchive.bytes(members.map { ($0.name, Array($0.bytes)) })
    if path.hasSuffix("gz") {
      let file = gzopen(folder[path], "wb")
      bytes.withUnsafeBytes { _ = gzwrite(file, $0.baseAddress, UInt32($0.count)) }
      gzclose(file)
    } else {
      try AtomicFile.write(bytes, to: folder[path])
    }
    return folder[path]
  }

  private func sizes(_ source: any ImageSource) throws -> [Int] {
    try (0..<source.count).map { index in
      guard case .file(let bytes, let name) = try source.image(at: index) else { return 0 }
      return try ImageDecoder.decode(bytes, name: name).width
    }
  }

  @Test func `an archive holds what the folder holds that it unpacks to`() throws {
    for (index, name) in files.enumerated() {
      try ImageFixtures.write(try ImageFixtures.gradient(4 + index, 4).pngData(), folder[String(name.dropFirst(2))])
    }
    for path in ["a.tar", "a.tar.gz", "a.tgz"] {
      let packed = try #require(try TarFolder(archive(files, path)))
      #expect(packed.hasValidation)
      for (part, split) in [(TarFolder.Part.training, "train"), (.validation, "test")] {
        let (ours, theirs) = (try packed.source(part), try ImageFolder(folder["data/\(split)"]))
        #expect(ours.classNames == ["cat", "dog"] && ours.labels == theirs.labels)
        #expect(try sizes(ours) == sizes(theirs), "\(path) \(split)")
        #expect(ours.identity == theirs.identity)
      }
      let remark = try packed.source(.training).remarks
      #expect(remark.count == 1 && remark[0].hasPrefix("1 files in ") && remark[0].hasSuffix("1 .md"), "\(remark)")
    }
  }

  @Test func `classes without splits are all there is`() throws {
    let packed = try #require(try TarFolder(archive(["a/0.png", "10/1.png", "9/1.png"], "c.tar")))
    #expect(!packed.hasValidation)
    #expect(try packed.source(.training).classNames == ["10", "9", "a"])
    #expect(try packed.source(.whole, order: .natural).classNames == ["9", "10", "a"])
    #expect(throws: InputError.self) { try packed.source(.whole, classNames: ["a"]) }
    let alone = try #require(try TarFolder(archive(["val/a/0.png", "val/b/1.png"], "v.tar")))
    #expect(try alone.source(.validation).count == 2)
    #expect(throws: InputError.self) { try alone.source(.training) }
  }

  @Test func `shards and archives of something else are no class folders`() throws {
    #expect(try TarFolder(archive(["0.png", "0.cls"], "s.tar")) == nil)
    #expect(try TarFolder(archive(["0.png", "1.png"], "p.tar")) == nil)
    #expect(try TarFolder(archive(["x/data_batch_1"], "x.tar.gz")) == nil)
    var cut = try TemporaryFolder.bytes(archive(files, "w.tar"))
    cut.removeLast(cut.count / 2)
    try AtomicFile.write(cut, to: folder["cut.tar"])
    #expect(throws: InputError.self) { try TarFolder(folder["cut.tar"]) }
  }

  @Test func `a table names pictures and their classes`() throws {
    let picture = try ImageFixtures.gradient(5, 4).pngData()
    for name in ["x/0.png", "1.png"] { try ImageFixtures.write(picture, folder[name]) }
    try AtomicFile.write("class,file\ndog,x/0.png\ncat,1.png\ndog,\ndog,none.png\n", to: folder["t.csv"])
    let table = try ImageTable(folder["t.csv"], ImageTable.Columns(image: "file", label: "class"))
    #expect(table.classNames == ["cat", "dog"] && table.labels == [1, 0, 1])
    #expect(table.paths[0] == folder["x/0.png"] && table.remarks[0].contains("1 rows"))
    #expect(throws: InputError.self) { try table.image(at: 2) }
    let columns = ImageTable.Columns(image: "file", label: "class")
    let known = try ImageTable(folder["t.csv"], columns, classNames: ["dog", "cat"])
    #expect(known.labels == [0, 1, 0])
    let error = #expect(throws: InputError.self) {
      try ImageTable(folder["t.csv"], columns, classNames: ["dog", "ant"])
    }
    #expect(error?.place.hasSuffix("t.csv, line 3") == true)
    try AtomicFile.write("class,file\n0,1.png\n 1,1.png\n 0,1.png\n1,1.png\n", to: folder["n.csv"])
    let numbered = try ImageTable(folder["n.csv"], columns)
    #expect(numbered.classNames == ["0", "1"] && numbered.labels == [0, 1, 0, 1])
    let few = ImageSubset(table, [2, 0])
    #expect(few.labels == [1, 1] && few.count == 2 && few.name(of: 1) == folder["x/0.png"])
  }
}
