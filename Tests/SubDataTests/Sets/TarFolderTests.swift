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

  /// A picture of its own width.
  private func picture(_ number: Int) throws -> [UInt8] { Array(try ImageFixtures.gradient(4 + number, 4).pngData()) }

  private func archive(_ names: [String], _ path: String) throws -> String {
    try archive(names.enumerated().flatMap { TarArchive.member($1.utf8, try picture($0)) }, path)
  }

  private func archive(_ members: [UInt8], _ path: String) throws -> String {
    let bytes = members + TarArchive.end
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

  @Test func `links lead to pictures of the archive, as in the folder that it unpacks to`() throws {
    for (index, name) in ["b/0.png", "b/1.png"].enumerated() {
      try ImageFixtures.write(picture(index), folder["links/\(name)"])
    }
    let links = [
      ("b/s.png", "0.png"), ("c/0.png", "../b/1.png"), ("c/1.png", "./s1.png"), ("c/s1.png", "../c/../b/0.png"),
      ("d", "b"),
    ]
    for (name, target) in links {
      try FileSystem.makeFolder(FileSystem.parent(folder["links/\(name)"]))
      try FileSystem.link(folder["links/\(name)"], to: target)
    }
    // Symbolic links may stand before what they lead to.
    let members =
      try links.flatMap { TarArchive.member("links/\($0.0)".utf8, kind: "2", target: $0.1) }
      + TarArchive.member("links/b/0.png".utf8, picture(0)) + TarArchive.member("links/b/1.png".utf8, picture(1))
    for path in ["l.tar", "l.tar.gz"] {
      let (ours, theirs) = (
        try #require(try TarFolder(archive(members, path))).source(.training), try ImageFolder(folder["links"])
      )
      #expect(ours.classNames == ["b", "c", "d"] && ours.labels == theirs.labels && ours.remarks.isEmpty)
      #expect(try sizes(ours) == sizes(theirs) && ours.identity == theirs.identity)
    }
    let hard = try archive(
      TarArchive.member("a/0.png".utf8, picture(0)) + TarArchive.member("b/0.png".utf8, kind: "1", target: "./a/0.png"),
      "h.tar")
    let twice = try #require(try TarFolder(hard)).source(.whole)
    #expect(try sizes(twice) == [4, 4])
    // Shards are read without them, as webdataset does.
    let reader = try TarReader(hard)
    #expect(try reader.next()?.path == "a/0.png")
    #expect(try reader.next() == nil)
  }

  @Test func `links that lead nowhere, in a circle or out of the archive are counted`() throws {
    let pictures = try TarArchive.member("a/0.png".utf8, picture(0)) + TarArchive.member("b/0.png".utf8, picture(1))
    let targets = ["none.png", "/etc/x.png", "../../a/0.png", "../a/0.png/x", "l4.png", ""]
    let lost = targets.enumerated().flatMap { TarArchive.member("b/l\($0).png".utf8, kind: "2", target: $1) }
    let hard = TarArchive.member("b/h.png".utf8, kind: "1", target: "a/9.png")
    let source = try #require(try TarFolder(archive(pictures + lost + hard, "n.tar"))).source(.training)
    #expect(source.labels == [0, 1])
    #expect(source.remarks == ["7 links in \(folder["n.tar"]) lead to no picture in it and are left out"])
    // Every link stands for two, thirty times over.
    let doubling = (0..<30).flatMap { level in
      ["x", "y"].flatMap { TarArchive.member("l\(level)/\($0)".utf8, kind: "2", target: "../l\(level + 1)") }
    }
    let error = #expect(throws: InputError.self) {
      try TarFolder(archive(pictures + doubling + TarArchive.member("l30/0.png".utf8, picture(2)), "d.tar"))
    }
    #expect(error?.what.contains("again and again") == true)
    let back = TarArchive.member("a/up".utf8, kind: "2", target: "..")
    #expect(throws: InputError.self) { try TarFolder(archive(pictures + back, "u.tar")) }
  }

  @Test func `of members with one path the last counts`() throws {
    let source = try #require(try TarFolder(archive(["a/0.png", "b/0.png", "./a/0.png"], "t.tar"))).source(.whole)
    #expect(try source.labels == [0, 1] && sizes(source) == [6, 5])
  }

  @Test func `splits by other names are no classes, and a picture beside splits is none of a class`() throws {
    let other = try #require(try TarFolder(archive(["train-images/a/0.png", "val-images/a/0.png"], "o.tar")))
    let error = #expect(throws: InputError.self) { try other.source(.training) }
    #expect(error?.what == "'train-images', 'val-images': these are names of splits, not of classes")
    for loose in ["in/loose.png", "loose.png"] {
      let names = ["in/train/a/0.png", "in/train/b/0.png", loose, "in/val/a/0.png"]
      let packed = try #require(try TarFolder(archive(names, "i.tar")))
      #expect(packed.hasValidation)
      #expect(try packed.source(.training).classNames == ["a", "b"])
    }
    let beside = try #require(try TarFolder(archive(["a/0.png", "b/0.png", "1.png"], "b.tar"))).source(.training)
    #expect(beside.remarks == ["1 pictures beside the class folders of \(folder["b.tar"]) have no class"])
  }

  @Test func `pictures to evaluate on without class folders are not used, which is said`() throws {
    let names = ["train/a/0.png", "train/b/0.png", "val/0.png", "val/1.png"]
    let packed = try #require(try TarFolder(archive(names, "f.tar")))
    #expect(!packed.hasValidation)
    let remarks = try packed.source(.training).remarks
    #expect(remarks == ["\(folder["f.tar"])/val holds 2 pictures without class folders: not used"])
  }

  @Test func `a name that is no UTF-8 is refused`() throws {
    let members = try [0xe9, 0xe8].flatMap { TarArchive.member([$0] + Array("/0.png".utf8), try picture(0)) }
    let error = #expect(throws: InputError.self) { try TarFolder(archive(members, "u.tar")) }
    #expect(error?.what == "the name '\\351/0.png' is not UTF-8")
  }

  @Test func `folders below a class come by their whole paths, as torchvision has them`() throws {
    // What stands before '/' in ASCII.
    let names = ["c/a/z/0.png", "c/a b/1.png", "c/a-b/2.png", "c/a/3.png", "c/4.png", "d/5.png"]
    for (index, name) in names.enumerated() { try ImageFixtures.write(picture(index), folder["nested/\(name)"]) }
    let (ours, theirs) = (
      try #require(try TarFolder(archive(names, "s.tar"))).source(.whole), try ImageFolder(folder["nested"])
    )
    #expect(theirs.paths.map { $0.last { $0.isNumber } } == ["4", "3", "1", "2", "0", "5"])
    #expect(try sizes(theirs) == sizes(ours))
  }
}
