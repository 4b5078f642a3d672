import ClipSub
import Foundation
import SubCore
import SubData
import TestSupport
import Testing

struct CaptionSetTests {
  private let folder = TemporaryFolder()

  private static func all(_ source: String, _ options: CaptionOptions = CaptionOptions()) throws -> (
    [CaptionPair], CaptionFaults
  ) {
    var stream = try CaptionStream(CaptionSet(source, options: options, readsLabels: true), order: .evaluation)
    var pairs: [CaptionPair] = []
    while let pair = try stream.next() { pairs.append(pair) }
    return (pairs, stream.faults)
  }

  @Test func `the embedded captions, and the merges trained on them`() throws {
    let (train, faults) = try Self.all(CaptionFiles.embedded + "/train-{0000..0003}.tar.gz")
    #expect(train.count == 4000 && faults.total == 0)
    let (val, _) = try Self.all(CaptionFiles.embedded + "/val-0000.tar.gz")
    #expect(val.count == 324 && Set(val.map(\.caption)).count == 324)
    let classes = try ClassNames(file: CaptionFiles.embedded + "/classes.txt").names
    for label in 0..<36 {
      let own = val.filter { $0.label == label }
      #expect(own.count == 6 && own.allSatisfy { $0.caption.contains(classes[label]) })
    }
    #expect(try PromptTemplates(file: CaptionFiles.embedded + "/templates.txt").templates.count == 6)
    let file = CaptionFiles.embedded + "/../../tokenizers/captions-bpe/merges.txt"
    let trained = BytePairTrainer.train(train.map(\.caption), count: 2000)
    #expect(try BytePairMerges(file: file) == trained)
    let tokenizer = try BytePairTokenizer(mergesFile: file)
    #expect(tokenizer.vocabularySize == 659)
    #expect(
      tokenizer.tokens(of: tokenizer.tokenize("Two big red stars")).joined(separator: " ")
        == "<start_of_text> two</w> big</w> red</w> stars</w> <end_of_text>")
    #expect(train.map { tokenizer.tokenize($0.caption).count }.max()! <= 24)
  }

  @Test func `samples that lack something are named, counted and skipped`() throws {
    let members: [(String, [UInt8])] = [
      ("__meta__", [65]), ("a/0.png", [1]), ("a/0.txt", Array("zero".utf8)), ("1.png", [1]), ("2.txt", [65]),
      ("3.JPG", [7, 8]), ("3.json", Array(#"{"label": 4, "alt": "x"}"#.utf8)), ("3.txt", Array("three".utf8)),
      ("4.png", [1]), ("4.txt", [0xff]), ("5.png", [1]), ("5.txt", [0x20]),
      ("6.b.jpg", [9]), ("6.txt", Array("six".utf8)),
    ]
    try CaptionFiles.write(CaptionFiles.tar(members), folder["0.tar"])
    let (pairs, faults) = try Self.all(folder.path)
    #expect(pairs.map(\.caption) == ["zero", "three"] && pairs.map(\.label) == [nil, 4])
    #expect(try pairs[1].imageBytes().withBytes { Array($0) } == [7, 8])
    #expect(pairs[0].name == "0.tar: a/0")
    #expect(faults.count(.noCaption) == 2 && faults.count(.noImage) == 2 && faults.count(.badCaption) == 1)
    #expect(faults.summary.contains("0.tar: 1") && faults.summary.contains("has .png"))
    // Captions from JSON: the first field that is there.
    let (other, _) = try Self.all(folder.path, CaptionOptions(jsonFields: ["caption", "alt"]))
    #expect(other.map(\.caption) == ["x"])
  }

  @Test func `a cut shard gives what it holds`() throws {
    try CaptionFiles.shards(2, each: 10, in: folder.path)
    let whole = try Data(contentsOf: URL(fileURLWithPath: folder["000.tar"]))
    for cut in [0, 1, 511, 600, 1024, 1500, 1537, 2048, 3072, 4096, 5000, 7777] {
      try CaptionFiles.write(whole.prefix(cut), folder["000.tar"])
      let (pairs, faults) = try Self.all(folder.path)
      // A pair takes 2048 bytes: a header and 3 bytes, a header and 13 bytes, each padded to 512. Between two members
      // nobody can tell a cut archive from a whole one, within the padding everybody can.
      let rest = cut % 2048
      #expect(pairs.count == 10 + cut / 2048, "\(cut)")
      #expect(faults.count(.brokenShard) == (rest % 1024 == 0 ? 0 : 1), "\(cut)")
      #expect(faults.count(.noCaption) == (rest == 1024 ? 1 : 0), "\(cut)")
    }
  }

  @Test func `data that would yield nothing is refused at once, with the reason`() throws {
    try CaptionFiles.write(
      CaptionFiles.tar((0..<20).flatMap { [("\($0).jpg", [1]), ("\($0).json", [123, 125])] }), folder["0.tar"])
    let error = #expect(throws: InputError.self) { try CaptionSet(folder["0.tar"]) }
    #expect(error?.what.contains("20 without caption (0.tar: 0: has .jpg, .json;") == true)
    #expect(throws: InputError.self) { try CaptionSet(folder["0.tar"], options: CaptionOptions(jsonFields: ["a"])) }
    for source in [folder["{0..3}.tar"], "/nonexistent.csv", folder["none"], "s3://bucket/{0..3}.tar", "{", ""] {
      #expect(throws: InputError.self, "\(source)") { try CaptionSet(source) }
    }
    #expect(throws: InputError.self) { try CaptionSet(folder.path, options: CaptionOptions(weights: [1])) }
    let empty = folder["empty"]
    try FileSystem.makeFolder(empty)
    #expect(throws: InputError.self) { try CaptionSet(empty) }
    try CaptionFiles.write([1], "\(empty)/lonely.png")
    let lonely = #expect(throws: InputError.self) { try CaptionSet(empty) }
    #expect(lonely?.what.contains("lonely.png: there is no lonely.txt") == true)
    try CaptionFiles.write([UInt8](repeating: 7, count: 3000), "\(empty)/x.tar")
    #expect(throws: InputError.self) { try CaptionSet("\(empty)/x.tar") }
  }

  @Test func `a file that is neither called as data nor a tar archive is answered with the endings that are known`()
    throws
  {
    let text = try CaptionFiles.write("0.jpg\ta dog\n".utf8, folder["flickr.txt"])
    let error = #expect(throws: InputError.self) { try CaptionSet(text) }
    #expect(error?.place == text && error?.cure.contains(".csv, .tsv, .jsonl") == true)
    #expect(error?.cure.contains(".tar, .tar.gz, .tgz") == true)
    let shard = try CaptionFiles.write(CaptionFiles.tar([("0.jpg", [1]), ("0.txt", [65])]), folder["shard"])
    #expect(try Self.all(shard).0.count == 1)
  }

  @Test func `tables are read as pandas reads them`() throws {
    try CaptionFiles.write([5], folder["a.jpg"])
    let text =
      "id,title,filepath\r\n1,\"a, \"\"b\"\"\nc\",a.jpg\r\n\r\n2,it's \"so\",/x/b.jpg"
      + "\r\n3,,c.jpg\r\n4,null,\"d\"\"e.jpg\"\n5\n6,end,f.jpg"
    let path = try CaptionFiles.write(text.utf8, folder["t.csv"])
    let (pairs, faults) = try Self.all(path)
    #expect(pairs.map(\.caption) == ["a, \"b\"\nc", "it's \"so\"", "null", "end"])
    #expect(try pairs[0].imageBytes().withBytes { Array($0) } == [5])
    #expect(throws: InputError.self) { try pairs[1].imageBytes() }
    #expect(pairs.map(\.name) == [2, 5, 7, 9].map { "\(path), line \($0)" })
    #expect(faults.count(.noCaption) == 2 && faults.summary.contains("t.csv, line 6"))
  }

  @Test func `a row whose caption a separator cuts is counted and skipped`() throws {
    let path = try CaptionFiles.write(
      "filepath,title\na.jpg,a dog, running\nb.jpg,\"a dog, running\"\nc.jpg\n".utf8, folder["c.csv"])
    let (pairs, faults) = try Self.all(path)
    #expect(pairs.map(\.caption) == ["a dog, running"])
    #expect(faults.count(.badCaption) == 1 && faults.count(.noCaption) == 1)
    #expect(
      faults.summary.contains(
        "c.csv, line 2: the row has 3 fields, the header 2: put fields that hold the separator into quotes)"))
  }

  @Test func `broken tables name file and line`() throws {
    let cases: [(String, String)] = [
      ("", "the file is empty"), ("a,b\n1,2\n", "no column filepath"), ("filepath,title\n", "no rows"),
      ("filepath,title\nx.jpg,fine\ny.jpg,\"open\n", "line 3"), ("filepath\ttitle\n\u{1}\n", "without caption"),
    ]
    for (index, (text, part)) in cases.enumerated() {
      let path = try CaptionFiles.write(text.utf8, folder["\(index).csv"])
      let error = #expect(throws: InputError.self) { try CaptionSet(path) }
      #expect(error.map { "\($0)" }?.contains(part) == true, "\(text.debugDescription): \(error.map { "\($0)" } ?? "")")
    }
    let path = try CaptionFiles.write("filepath;title\na;b\n".utf8, folder["s.csv"])
    let other = #expect(throws: InputError.self) { try CaptionSet(path) }
    #expect(other?.cure == "name the separator: --csv-separator ';'")
    #expect(try CaptionSet(path, options: CaptionOptions(separator: ";")).count == 1)
    #expect(throws: InputError.self) { try CaptionSet(path, options: CaptionOptions(separator: ";;")) }
  }

  @Test func `too many faults end the run`() throws {
    let faults = CaptionFaults(source: "here", limit: CaptionFaults.Limit(count: 3, share: 0.5, inARow: 5))
    for index in 0..<3 { try faults.record(CaptionFault(.noCaption, "\(index)")) }
    let error = #expect(throws: InputError.self) { try faults.record(CaptionFault(.noCaption, "3")) }
    #expect(error?.what.contains("4 without caption (0; 1; 2; …)") == true && error?.place == "here")
  }

  /// All of it as it lies.
  private func read(_ source: String) throws -> (pairs: Int, faults: Int) {
    let (pairs, faults) = try Self.all(source)
    return (pairs.count, faults.total)
  }

  @Test func `what is found when a shard or folder is listed is judged by all that it holds`() throws {
    for (bad, name) in [(150, "some.tar"), (1600, "most.tar")] {
      let members = (0..<3000).flatMap { index -> [(String, [UInt8])] in
        [("\(index).jpg", [1]), ("\(index).txt", index < bad ? [] : [65])]
      }
      try CaptionFiles.write(CaptionFiles.tar(members), folder[name])
    }
    #expect(try read(folder["some.tar"]) == (2850, 150))
    var shuffled = try CaptionStream(CaptionSet(folder["some.tar"]), order: CaptionOrder(seed: 0))
    #expect(try shuffled.next() != nil)
    let error = #expect(throws: InputError.self) { try read(folder["most.tar"]) }
    #expect(error?.what.contains("too much of the data cannot be used: 1") == true)
    #expect(error?.what.hasSuffix("1400 good ones so far") == true && error?.cure.contains("--max-faults N") == true)

    for index in 0..<1200 {
      try CaptionFiles.write([1], folder["pictures/\(index).jpg"])
      if index >= 110 { try CaptionFiles.write([65], folder["pictures/\(index).txt"]) }
    }
    #expect(try read(folder["pictures"]) == (1090, 110))
    var training = try CaptionStream(CaptionSet(folder["pictures"]), order: CaptionOrder(seed: 0))
    #expect(try training.next() != nil)
    for index in 110..<150 { FileSystem.remove(folder["pictures/\(index).txt"]) }
    #expect(throws: InputError.self) { try read(folder["pictures"]) }
  }

  @Test func `rows that lie together are judged by all of the table`() throws {
    func table(_ rows: Int, empty: Range<Int>) throws -> String {
      let text = (0..<rows).map { "\($0).jpg,\(empty.contains($0) ? "" : "a caption")\n" }.joined()
      return try CaptionFiles.write("filepath,title\n\(text)".utf8, folder["\(empty.count).csv"])
    }
    #expect(try read(table(3000, empty: 0..<110)) == (2890, 110))
    #expect(try read(table(20000, empty: 500..<1900)) == (18600, 1400))
    #expect(throws: InputError.self) { try read(table(3000, empty: 1..<400)) }
    // In training, which mixes them, a share of what was read does.
    var stream = try CaptionStream(
      CaptionSet(table(100_000, empty: 1..<50_000)), order: CaptionOrder(seed: 0))
    let error = #expect(throws: InputError.self) { for _ in 0..<2000 { _ = try stream.next() } }
    #expect(error?.what.contains("too much of the data") == true)
  }
}
