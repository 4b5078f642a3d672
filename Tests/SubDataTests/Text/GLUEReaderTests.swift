import Foundation
import SubCore
import SubData
import TestSupport
import Testing

/// The nine tasks' files, good and bad.
@Suite struct GLUEReaderTests {
  private func read(_ task: GLUETask, _ files: [String: String], _ split: GLUESplit = .train) throws -> GLUESet {
    let folder = try WordPieceFixtures.folder(files)
    return try GLUEReader(task: task, data: folder.path).read(split)
  }

  private func message(_ task: GLUETask, _ files: [String: String], _ split: GLUESplit = .train) throws -> String {
    let folder = try WordPieceFixtures.folder(files)
    do {
      let set = try GLUEReader(task: task, data: folder.path).read(split)
      return "no error, \(set.examples.count) examples"
    } catch {
      return String(describing: error).replacingOccurrences(of: folder.path, with: "F")
    }
  }

  @Test func `CoLA has no header, quotes are text, CR before LF goes`() throws {
    let set = try read(.cola, ["train.tsv": "gj04\t1\t\tHe said \"no.\r\nbc01\t0\t*\tHim say no.\n"])
    #expect(
      set.examples == [
        TextExample(index: 0, first: "He said \"no.", label: 1), TextExample(index: 1, first: "Him say no.", label: 0),
      ])
  }

  @Test func `CoLA's test set has a header and no labels`() throws {
    let set = try read(.cola, ["dev.tsv": "", "test.tsv": "index\tsentence\n0\tBill.\n1\tSue.\n"], .test)
    #expect(set.examples.map(\.first) == ["Bill.", "Sue."] && set.examples.allSatisfy { $0.label == nil })
  }

  @Test func `SST-2 keeps the text as it is`() throws {
    let set = try read(.sst2, ["train.tsv": "sentence\tlabel\nit 's charming . \t1\nbad\u{2028}film\t0"])
    #expect(
      set.examples == [
        TextExample(index: 0, first: "it 's charming . ", label: 1),
        TextExample(index: 1, first: "bad\u{2028}film", label: 0),
      ])
  }

  @Test func `MRPC's byte order mark does not hide the label column`() throws {
    let header = "\u{FEFF}Quality\t#1 ID\t#2 ID\t#1 String\t#2 String\n"
    let set = try read(.mrpc, ["train.tsv": header + "0\t12\t13\tA\tB\n1\t4\t5\t\"C\tD\n"])
    #expect(
      set.examples == [
        TextExample(index: 0, first: "A", second: "B", label: 0),
        TextExample(index: 1, first: "\"C", second: "D", label: 1),
      ])
  }

  @Test func `STS-B reads its score from the last column`() throws {
    let header = "index\tgenre\tfilename\tyear\told_index\tsource1\tsource2\tsentence1\tsentence2\tscore\n"
    let set = try read(.stsb, ["dev.tsv": header + "0\tg\tf\t2012\t1\tn\tn\tA\tB\t2.615\n"], .dev)
    #expect(set.examples == [TextExample(index: 0, first: "A", second: "B", label: 2.615)])
  }

  @Test func `QQP's short rows are skipped and counted`() throws {
    let text = "id\tqid1\tqid2\tquestion1\tquestion2\tis_duplicate\n7\t1\t2\tA\tB\t1\n8\t3\tbroken\n9\t4\t5\tC\tD\t0\n"
    let set = try read(.qqp, ["train.tsv": text])
    #expect(set.skipped == 1)
    #expect(
      set.examples == [
        TextExample(index: 0, first: "A", second: "B", label: 1),
        TextExample(index: 1, first: "C", second: "D", label: 0),
      ])
    let test = try read(.qqp, ["dev.tsv": "", "test.tsv": "id\tquestion1\tquestion2\n0\tA\tB\n"], .test)
    #expect(test.examples == [TextExample(index: 0, first: "A", second: "B")])
    #expect(set.remarks.count == 1 && set.remarks[0].hasPrefix("1 rows of") && test.remarks.isEmpty)
    // A prediction is told by its row: none of a test set may be passed over.
    let short = "id\tquestion1\tquestion2\n0\tA\tB\n1\tA\n2\tC\tD\n"
    let error = #expect(throws: InputError.self) { try read(.qqp, ["dev.tsv": "", "test.tsv": short], .test) }
    #expect(error?.place.hasSuffix("test.tsv, line 3") == true)
  }

  @Test func `MNLI reads matched, mismatched and diagnostic sets`() throws {
    func row(_ labels: [String]) -> String {
      (["0", "1", "1c", "g", "b1", "b2", "p1", "p2", "P", "H"] + labels).joined(separator: "\t") + "\n"
    }
    let start =
      "index\tpromptID\tpairID\tgenre\tsentence1_binary_parse\tsentence2_binary_parse\tsentence1_parse"
      + "\tsentence2_parse\tsentence1\tsentence2"
    let dev = start + "\tlabel1\tlabel2\tlabel3\tlabel4\tlabel5\tgold_label\n"
    let n = "neutral"
    let files = [
      "train.tsv": start + "\tlabel1\tgold_label\n" + row([n, "entailment"]) + row([n, n]) + row([n, "contradiction"]),
      "dev_matched.tsv": dev + row([n, n, n, n, n, "contradiction"]) + row([n, n, n, n, n, "-"]),
      "dev_mismatched.tsv": dev + row(["entailment", n, n, n, n, "neutral"]),
      "diagnostic.tsv": "index\tsentence1\tsentence2\n0\tX\tY\n",
    ]
    #expect(try read(.mnli, files).examples.map(\.label) == [0, 1, 2])
    let matched = try read(.mnli, files, .dev)
    #expect(matched.examples == [TextExample(index: 0, first: "P", second: "H", label: 2)] && matched.skipped == 1)
    #expect(try read(.mnli, files, .devMismatched).examples.map(\.label) == [1])
    #expect(try read(.mnli, files, .diagnostic).examples == [TextExample(index: 0, first: "X", second: "Y")])
  }

  @Test func `QNLI, RTE and WNLI have their own label orders`() throws {
    let rte = "index\tsentence1\tsentence2\tlabel\n0\tA\tB\tnot_entailment\n1\tC\tD\tentailment\n"
    #expect(try read(.rte, ["train.tsv": rte]).examples.map(\.label) == [1, 0])
    let qnli = "index\tquestion\tsentence\tlabel\n0\tA\tB\tentailment\n"
    #expect(try read(.qnli, ["train.tsv": qnli]).examples == [TextExample(index: 0, first: "A", second: "B", label: 0)])
    let wnli = "index\tsentence1\tsentence2\tlabel\n0\tA\tB\t1\n"
    #expect(try read(.wnli, ["train.tsv": wnli]).examples == [TextExample(index: 0, first: "A", second: "B", label: 1)])
    #expect(GLUETask.wnli.labels[1] == "entailment" && GLUETask.rte.labels[1] == "not_entailment")
  }

  @Test func `the GLUE root finds each task in its folder`() throws {
    let folder = try WordPieceFixtures.folder()
    let root = folder.path
    for name in ["CoLA", "RTE"] {
      try FileManager.default.createDirectory(atPath: root + "/" + name, withIntermediateDirectories: true)
    }
    try Data("a\t1\t\tGo.\n".utf8).write(to: URL(fileURLWithPath: root + "/CoLA/train.tsv"))
    #expect(try GLUEReader(task: .cola, data: root).folder == root + "/CoLA")
    #expect(try GLUEReader(task: .cola, data: root + "/CoLA").read(.train).examples.count == 1)
    #expect(throws: InputError.self) { try GLUEReader(task: .rte, data: root) }
  }

  @Test func `bad files are named with the line and the cure`() throws {
    #expect(try message(.rte, [:]).hasPrefix("no RTE data (F): give the folder that holds train.tsv and dev.tsv"))
    #expect(try message(.rte, ["train.tsv": ""]) == "empty file (F/train.tsv): get RTE again")
    #expect(try message(.sst2, ["train.tsv": "sentence\tlabel\n"]).hasPrefix("no examples (F/train.tsv)"))
    #expect(
      try message(.sst2, ["train.tsv": "sentence\tlabel\nA\t1\nB\t2\n"])
        == "label \"2\" is none of 0, 1 (F/train.tsv, line 3): correct the label")
    #expect(
      try message(.sst2, ["train.tsv": "text\tlabel\nA\t1\n"])
        .hasPrefix("no column \"sentence\" in the header (F/train.tsv, line 1)"))
    #expect(
      try message(.cola, ["train.tsv": "gj04\t1\t\tA.\ngj04\t1\n"])
        .hasPrefix("2 columns where CoLA's train file has 4 (F/train.tsv, line 2)"))
    #expect(
      try message(.cola, ["train.tsv": "gj04\t1\t\tA.\ngj04\t1\t\tA\tcut sentence.\n"])
        .hasPrefix("5 columns where CoLA's train file has 4 (F/train.tsv, line 2)"))
    #expect(try message(.cola, ["dev.tsv": "a\t1\t\tA.\n"]).contains("No such file or directory (F/train.tsv)"))
    #expect(try message(.cola, ["train.tsv": "a\t1\t\tA.\n"], .diagnostic).hasPrefix("CoLA has no split diagnostic"))
    let scores = "sentence1\tsentence2\tscore\nA\tB\t"
    for score in ["5.1", "-1", "nan", "", "high"] {
      #expect(
        try message(.stsb, ["train.tsv": scores + score + "\n"])
          .hasPrefix("score \"\(score)\" is not a number from 0 to 5 (F/train.tsv, line 2)"))
    }
    #expect(
      try message(.rte, ["train.tsv": "index\tsentence1\tsentence2\tlabel\n0\tA\tB\tmaybe\n"])
        .hasPrefix("label \"maybe\" is none of entailment, not_entailment (F/train.tsv, line 2)"))
  }

  @Test func `bytes that are not UTF-8 are named with their line`() throws {
    let folder = try WordPieceFixtures.folder()
    try Data(Array("a\t1\t\tGo.\nb\t1\t\tCaf".utf8) + [0xE9, 0x0A])
      .write(to: URL(fileURLWithPath: folder["train.tsv"]))
    #expect(
      throws: InputError("not UTF-8 text", at: "\(folder.path)/train.tsv, line 2", cure: "save the file as UTF-8")
    ) {
      try GLUEReader(task: .cola, data: folder.path).read(.train)
    }
  }

  @Test func `submissions have a header, indices from 0 and the labels as GLUE writes them`() throws {
    #expect(try GLUESubmission.lines(.cola, predictions: [1, 0]) == ["index\tprediction", "0\t1", "1\t0"])
    #expect(
      try GLUESubmission.lines(.mnli, predictions: [0, 1, 2]).dropFirst() == [
        "0\tentailment", "1\tneutral", "2\tcontradiction",
      ])
    #expect(try GLUESubmission.lines(.qnli, predictions: [1]).last == "0\tnot_entailment")
    #expect(
      try GLUESubmission.lines(.stsb, predictions: [-0.5, 2.5, 5.5, 0.015625]).dropFirst() == [
        "0\t0.00000", "1\t2.50000", "2\t5.00000", "3\t0.01563",
      ])
    #expect(throws: InputError.self) { try GLUESubmission.lines(.stsb, predictions: [.nan]) }
    let names = GLUETask.allCases.flatMap { task in task.submissionSplits.map { GLUESubmission.fileName(task, $0) } }
    #expect(
      names.sorted() == [
        "AX.tsv", "CoLA.tsv", "MNLI-m.tsv", "MNLI-mm.tsv", "MRPC.tsv", "QNLI.tsv", "QQP.tsv", "RTE.tsv", "SST-2.tsv",
        "STS-B.tsv", "WNLI.tsv",
      ])
  }
}
