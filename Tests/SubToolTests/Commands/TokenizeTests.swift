import SubData
import TestSupport
import Testing

@testable import SubTool

@Suite struct TokenizeTests {
  private static let pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "ab", "##c", "\"", "ü", "u"]
  private let folder = TemporaryFolder()

  init() throws {
    try AtomicFile.write(Self.pieces.joined(separator: "\n") + "\n", to: folder["vocab.txt"])
  }

  private func tokenize(_ options: [String], input: [UInt8] = [], chunk: Int = 1 << 16) -> ToolRun {
    ToolRun(
      arguments: ["tokenize", "--kind", "bert", "--vocab", folder["vocab.txt"]] + options, input: input, chunk: chunk)
  }

  @Test func `texts of the command line`() {
    #expect(tokenize(["ABC", "ab ü"]).output == "2 5 6 3\t[CLS] ab ##c [SEP]\n2 5 9 3\t[CLS] ab u [SEP]\n")
    #expect(
      tokenize(["--json", "\"ab"]).output == #"{"ids":[2,7,5,3],"tokens":["[CLS]","\"","ab","[SEP]"]}"# + "\n")
  }

  @Test(arguments: [1, 3, 1 << 16])
  func `every line of input is a line of output, however the bytes arrive`(_ chunk: Int) {
    let run = tokenize(["--json"], input: Array("ab\r\n\nabc ü\u{0}".utf8), chunk: chunk)
    #expect(
      run.output == """
        {"ids":[2,5,3],"tokens":["[CLS]","ab","[SEP]"]}
        {"ids":[2,3],"tokens":["[CLS]","[SEP]"]}
        {"ids":[2,5,6,9,3],"tokens":["[CLS]","ab","##c","u","[SEP]"]}

        """)
    #expect(run.code == 0 && run.error == "")
    #expect(tokenize(["-", "--json"], input: Array("ab\n\nabc ü".utf8), chunk: chunk).output == run.output)
  }

  @Test func `a line that is not UTF-8 is named, the lines before it are answered`() {
    let run = tokenize([], input: Array("ab\n".utf8) + [0x61, 0xff, 0x0a])
    #expect(run.code == 1 && run.output == "2 5 3\t[CLS] ab [SEP]\n")
    #expect(run.error == "masksub: error: not UTF-8 text (standard input, line 2): convert the text to UTF-8\n")
  }

  @Test func `a folder and a tokenizer json do as well, with their own switches`() throws {
    try AtomicFile.write(#"{"do_lower_case": false, "strip_accents": null}"#, to: folder["tokenizer_config.json"])
    let named = ToolRun(arguments: ["tokenize", "--kind=bert", "--vocab", folder.path, "ü AB"])
    #expect(named.output == "2 8 1 3\t[CLS] ü [UNK] [SEP]\n")
    #expect(tokenize(["ü AB"]).output == named.output)
    let vocabulary = JSON.object(
      Self.pieces.enumerated().reduce(into: JSON.Object()) { $0[$1.element] = .integer(Int64($1.offset)) })
    let json: JSON = ["normalizer": ["lowercase": true, "strip_accents": .null], "model": ["vocab": vocabulary]]
    try AtomicFile.write(json.text(), to: folder["other.json"])
    let whole = ToolRun(arguments: ["tokenize", "--kind=bert", "--vocab", folder["other.json"], "ü AB"])
    #expect(whole.output == "2 9 5 3\t[CLS] u ab [SEP]\n")
  }

  @Test func `clip's tokens are cut to 77`() throws {
    try AtomicFile.write("#version: 0.2\na b\nab c</w>\n", to: folder["merges.txt"])
    let run = ToolRun(arguments: ["tokenize", "--kind=clip", "--vocab", folder["merges.txt"], "--json", "ABC"])
    #expect(run.output == #"{"ids":[514,513,515],"tokens":["<start_of_text>","abc</w>","<end_of_text>"]}"# + "\n")
    let long = ToolRun(
      arguments: ["tokenize", "--kind=clip", "--vocab", folder["merges.txt"], String(repeating: "abc ", count: 90)])
    #expect(long.output.split(separator: "\t")[0].split(separator: " ").count == 77)
    #expect(long.output.hasSuffix(" abc</w> <end_of_text>\n"))
  }

  @Test(arguments: [
    (["--kind", "bert"], 2, "--vocab FILE is missing"),
    (["--kind", "bret", "--vocab", "x"], 2, "did you mean 'bert'?"),
    (["--kind=bert", "--vocab=/nonexistent/v.txt", "a"], 1, "(/nonexistent/v.txt): "),
  ])
  func `wrong uses`(_ arguments: [String], _ code: Int, _ expected: String) {
    let run = ToolRun(arguments: ["tokenize"] + arguments)
    #expect(run.code == Int32(code) && run.error.contains(expected), "\(run.error)")
  }
}
