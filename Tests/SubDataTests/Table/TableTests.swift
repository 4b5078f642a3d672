import SubCore
import SubData
import TestSupport
import Testing

/// Tables as spreadsheets and programs write them.
struct TableTests {
  private let folder = TemporaryFolder()

  private func table(_ text: String, _ name: String = "t.csv", _ format: Table.Format = Table.Format()) throws -> Table
  {
    try AtomicFile.write(text, to: folder[name])
    return try Table(folder[name], format)
  }

  private func error(_ body: () throws -> Void) -> String {
    do { try body() } catch { return "\(error)" }
    return "none"
  }

  @Test func `quotes, breaks inside, a byte order mark and CRLF`() throws {
    let table = try table("\u{feff}a,\"b, b\",c\r\n1,\"two\r\nlines, \"\"quoted\"\"\",\"\"\r\n\r\n2,x,y")
    #expect(table.columns == ["a", "b, b", "c"] && table.count == 2)
    #expect(try table.fields(0, [0, 1, 2]) == ["1", "two\r\nlines, \"quoted\"", ""])
    #expect(try table.fields(1, [2, 0]) == ["y", "2"])
    #expect(table.place(0) == "\(folder["t.csv"]), line 2" && table.place(1).hasSuffix("line 5"))
    #expect(try table.column("c") == 2)
  }

  @Test func `a row that is not as the header says is named`() throws {
    let short = try table("a,b\n1,2\n\"3\n3\",4\n5\n")
    #expect(error { _ = try short.fields(2, [0]) }.contains("1 fields, the header 2 (\(folder["t.csv"]), line 5)"))
    let long = try table("a,b\n1,2,3\n")
    #expect(error { _ = try long.fields(0, [0]) }.contains("--separator"))
    let lenient = try table("a,b\n1\n", "t.csv", Table.Format(isStrict: false))
    #expect(try lenient.fields(0, [1, 0]) == [nil, "1"])
    #expect(error { _ = try table("a,b\n\"x\" y,2\n") }.contains("behind a closing quote (\(folder["t.csv"]), line 2)"))
    #expect(error { _ = try table("a,b\n1,\"2\n3,4\n") }.contains("never closed"))
    let text = try table("a\tb\n\"x\" y\t\"2\n", "t.tsv", Table.Format(isQuoted: false))
    #expect(try text.fields(0, [0, 1]) == ["\"x\" y", "\"2"])
  }

  @Test func `columns that are not there are answered with those that are`() throws {
    let table = try table("label;text\n1;x\n", "t.csv", Table.Format(separator: ";"))
    #expect(error { _ = try table.column("lable") }.contains("the header has “label”, “text”"))
    #expect(error { _ = try table.column("lable") }.contains("did you mean 'label'?"))
    let twice = try self.table("a,a\n1,2\n")
    #expect(error { _ = try twice.column("a") }.contains("several columns a"))
    #expect(error { _ = try self.table("a,b\n") }.contains("no rows"))
    #expect(error { _ = try self.table("a,b\n", "h.csv") }.contains("a header but no rows"))
  }

  @Test(
    arguments: [
      ([], "the file is empty"), ([0xef, 0xbb, 0xbf], "the file is empty"),
      (Array("PAR1\u{15}\u{4}".utf8), "the file is Parquet, no text in UTF-8"),
      ([0x1f, 0x8b, 0x08, 0x00], "compressed with gzip"), ([0xff, 0xfe, 0x61, 0x00], "UTF-16"),
      ([0x61, 0x00, 0x2c, 0x00], "UTF-16"), ([0x00, 0x61], "UTF-16"),
    ] as [([UInt8], String)])
  func `a file that is no text is called what it is`(bytes: [UInt8], what: String) throws {
    for name in ["t.csv", "t.jsonl"] {
      try AtomicFile.write(bytes, to: folder[name])
      #expect(error { _ = try Table(folder[name]) }.contains(what))
    }
  }

  @Test func `JSON lines have the columns of all their objects`() throws {
    let lines = "{\"a\": \"x\", \"n\": 1.5}\r\n\n{\"n\": 2, \"b\": null, \"l\": [1]}\n{\"a\": true}"
    let table = try table(lines, "t.jsonl")
    #expect(table.columns == ["a", "n", "b", "l"] && table.count == 3)
    #expect(try table.fields(0, [0, 1, 2]) == ["x", "1.5", nil])
    #expect(try table.fields(1, [1, 0]) == ["2", nil] && table.fields(2, [0]) == ["true"])
    #expect(error { _ = try table.fields(1, [3]) }.contains("'l' is no text or number (\(folder["t.jsonl"]), line 3)"))
    #expect(error { _ = try self.table("[{\"a\": 1}]", "t.json") }.contains("JSON array"))
    let cut = error { _ = try self.table("{\"a\": 1}\n{\"a\": \n", "u.jsonl") }
    #expect(cut.contains("(\(folder["u.jsonl"]), line 2, byte 6)"), "\(cut)")
  }

  @Test func `labels are classes in order, or numbers`() throws {
    let numbers = try LabelSet(of: ["10", "2", "1", "2"], at: "t")
    #expect(numbers.names == ["1", "2", "10"] && numbers.remark?.contains("3 classes") == true)
    #expect(try numbers.value(of: "10", at: "line 4") == 2)
    #expect(error { _ = try numbers.value(of: "3", at: "line 4") }.contains("'3' is none of the 3 known ones"))
    let words = try LabelSet(of: ["b", "B", "a"], at: "t")
    #expect(words.names == ["B", "a", "b"] && words.remark == nil)
    let scores = try LabelSet(of: ["1", "2.5"], at: "t")
    #expect(scores.isRegression && scores.remark?.contains("from 1.0 to 2.5") == true)
    #expect(try scores.value(of: "2.5", at: "") == 2.5)
    #expect(error { _ = try scores.value(of: "x", at: "line 9") }.contains("line 9"))
    // One that is no number among many.
    let mixed = try LabelSet(of: ["1", "2.5", "NA", "3"], at: "t")
    #expect(mixed.names.count == 4 && mixed.remark?.contains("the label 'NA' is no number: 4 classes") == true)
    #expect(try LabelSet(of: ["1", "2", "nan", "?", "4"], at: "t").remark?.contains("'?' for one") == true)
    #expect(try LabelSet(of: ["1", "a"], at: "t").remark == nil)
    let scores1500 = (0..<1500).map { "\($0).5" } + ["NA"]
    #expect(error { _ = try LabelSet(of: scores1500, at: "t") }.contains("'NA' is no number (t): leave such rows out"))
    #expect(try LabelSet(of: ["1", "2.5"], .classification, at: "t").names == ["1", "2.5"])
    #expect(try LabelSet(of: ["1", "2"], .regression, at: "t").isRegression)
    #expect(error { _ = try LabelSet(of: ["1", "1"], at: "t") }.contains("one class, '1'"))
    #expect(error { _ = try LabelSet(of: (0..<1500).map { "\($0)x" }, at: "t") }.contains("1500 different labels"))
  }

  @Test func `white space around numbers is no part of them, and around words it is`() throws {
    let scores = try LabelSet(of: [" 1.0", "4.5 ", "0.5"], at: "t")
    #expect(scores.isRegression)
    #expect(try scores.value(of: " 4.5", at: "") == 4.5)
    let numbers = try LabelSet(of: ["0", " 1", " 0", "1", "1\t"], at: "t")
    #expect(numbers.names == ["0", "1"])
    #expect(try ["0", " 0", "1\t"].map { try numbers.value(of: $0, at: "") } == [0, 0, 1])
    #expect(try LabelSet(of: ["1.5", " 1.5", "2"], .classification, at: "t").names == ["1.5", "2"])
    let words = try LabelSet(of: ["dog", " dog", "0"], at: "t")
    #expect(words.names == [" dog", "0", "dog"])
    #expect(error { _ = try words.value(of: " 0", at: "line 4") }.contains("' 0' is none of the 3 known ones"))
  }

  @Test func `whole numbers are one class however they are written, and keep the way that is the only one`() throws {
    let mixed = try LabelSet(of: ["01", "1", "2", "+2"], at: "t")
    #expect(mixed.names == ["1", "2"])
    #expect(try ["01", "1", "002"].map { try mixed.value(of: $0, at: "") } == [0, 0, 1])
    let padded = try LabelSet(of: ["01", "02", "10"], at: "t")
    #expect(padded.names == ["01", "02", "10"])
    #expect(try LabelSet(names: padded.names).value(of: "2", at: "") == 1)
    // Of names that are known, each is its own.
    let known = LabelSet(names: ["01", "1"])
    #expect(try ["01", "1"].map { try known.value(of: $0, at: "") } == [0, 1])
    #expect(try LabelSet(of: ["01", "1", "x"], at: "t").names == ["01", "1", "x"])
  }
}
