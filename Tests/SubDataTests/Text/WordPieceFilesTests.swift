import Foundation
import SubCore
import SubData
import TestSupport
import Testing

/// Vocabularies and configurations as they lie on disk, good and bad.
@Suite struct WordPieceFilesTests {
  private let pieces = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nab\n##c\nAb\nü\n中\nu\n"

  private func message(_ body: () throws -> Void) -> String {
    do {
      try body()
      return "no error"
    } catch {
      return String(describing: error)
    }
  }

  @Test func `tokenizer_config decides on case, accents and ideographs`() throws {
    func ids(_ settings: String, _ text: String) throws -> [Int32] {
      let folder = try WordPieceFixtures.folder(["vocab.txt": pieces, "tokenizer_config.json": settings])
      return try WordPieceTokenizer(folder: folder.path).encode(text)
    }
    #expect(try ids(#"{"do_lower_case": true, "strip_accents": null, "unknown": [1]}"#, "Abc Ü") == [5, 6, 10])
    #expect(try ids(#"{"do_lower_case": false}"#, "Abc ü") == [7, 6, 8])
    #expect(try ids(#"{"do_lower_case": true, "strip_accents": false}"#, "Ü") == [8])
    #expect(try ids(#"{"tokenize_chinese_chars": false, "do_lower_case": false}"#, "ab中") == [1])
    #expect(try ids(#"{"do_lower_case": false}"#, "ab中") == [5, 9])
    // Silent on case: the vocabulary has a capital letter, so text keeps its own.
    #expect(try ids("{}", "Ab") == [7])
  }

  @Test func `tokenizer json alone gives the same tokenizer`() throws {
    let names = pieces.split(separator: "\n")
    let vocabulary = names.enumerated().map { "\"\($1)\": \($0)" }.joined(separator: ",")
    func tokenizer(_ lowercase: Bool) throws -> WordPieceTokenizer {
      let folder = try WordPieceFixtures.folder([
        "tokenizer.json": """
        {"added_tokens": [], "normalizer": {"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true,
        "strip_accents": null, "lowercase": \(lowercase)}, "model": {"type": "WordPiece", "vocab": {\(vocabulary)}}}
        """
      ])
      return try WordPieceTokenizer(folder: folder.path)
    }
    #expect(try tokenizer(true).encode("Abc Ü") == [5, 6, 10])
    #expect(try tokenizer(false).encode("Abc ü") == [7, 6, 8])
    #expect(try tokenizer(false).vocabulary == names.map(String.init))
  }

  @Test func `a repeated piece has its last id, as in Hugging Face's dictionary`() throws {
    let folder = try WordPieceFixtures.folder(["vocab.txt": pieces + "ab\n[MASK]"])
    let tokenizer = try WordPieceTokenizer(vocabularyFile: folder["vocab.txt"], lowercase: true)
    #expect(tokenizer.encode("ab") == [11])
    #expect(tokenizer.maskID == 12 && tokenizer.encode("[MASK]") == [12])
  }

  @Test func `carriage returns end lines, other separators do not`() throws {
    let text = pieces.replacingOccurrences(of: "\n", with: "\r\n") + "x\u{2028}y\r\nz\u{0B}\r\n"
    let folder = try WordPieceFixtures.folder(["vocab.txt": text])
    let tokenizer = try WordPieceTokenizer(vocabularyFile: folder["vocab.txt"], lowercase: true)
    #expect(tokenizer.vocabulary.count == 13 && tokenizer.encode("abc") == [5, 6])
  }

  @Test func `bad vocabularies are named with the file, the line and the cure`() throws {
    let folder = try WordPieceFixtures.folder([
      "empty.txt": "", "lacking.txt": "[PAD]\n[UNK]\n[CLS]\n[SEP]\nab\n",
    ])
    try Data([0x61, 0x0A, 0x62, 0xFF, 0x0A]).write(to: URL(fileURLWithPath: folder["latin.txt"]))
    func load(_ name: String) -> String {
      message { _ = try WordPieceTokenizer(vocabularyFile: folder[name], lowercase: true) }
    }
    #expect(
      load("none.txt")
        == "cannot open the file: No such file or directory (\(folder.path)/none.txt): give a vocab.txt with one token per line"
    )
    #expect(load("empty.txt").hasPrefix("empty vocabulary (\(folder.path)/empty.txt)"))
    #expect(load("lacking.txt").hasPrefix("the vocabulary lacks [MASK] (\(folder.path)/lacking.txt)"))
    #expect(load("latin.txt").hasPrefix("not UTF-8 text (\(folder.path)/latin.txt, line 2)"))
    #expect(load("").hasPrefix("this is a folder, not a file"))
    // A device without end, and a file that is mostly a claim.
    #expect(
      message { _ = try WordPieceTokenizer(vocabularyFile: "/dev/zero", lowercase: true) }
        .hasPrefix("this is a pipe or a device, not a file (/dev/zero)"))
    try Data().write(to: URL(fileURLWithPath: folder["sparse.txt"]))
    let sparse = try FileHandle(forWritingTo: URL(fileURLWithPath: folder["sparse.txt"]))
    try sparse.truncate(atOffset: 1 << 40)
    #expect(load("sparse.txt").hasPrefix("more than 7340032 bytes"))
  }

  @Test func `bad folders are named with the file and what is wrong in it`() throws {
    func load(_ files: [String: String]) throws -> String {
      let folder = try WordPieceFixtures.folder(files)
      return message { _ = try WordPieceTokenizer(folder: folder.path) }.replacingOccurrences(
        of: folder.path, with: "F")
    }
    #expect(try load([:]).hasPrefix("no vocab.txt and no tokenizer.json (F)"))
    #expect(try load(["tokenizer.json": "{"]).contains("(F/tokenizer.json, line 1"))
    #expect(try load(["tokenizer.json": "{}"]).hasPrefix("model is missing (F/tokenizer.json)"))
    #expect(
      try load(["tokenizer.json": #"{"model": {"type": "BPE", "vocab": {}}}"#])
        .hasPrefix("the tokenizer is BPE, not WordPiece (F/tokenizer.json)"))
    #expect(
      try load(["tokenizer.json": #"{"model": {"vocab": {"a": 0, "b": 7}}}"#])
        .hasPrefix("the ids of model.vocab are not 0 to 1, each once (b has 7)"))
    #expect(
      try load(["vocab.txt": pieces, "tokenizer_config.json": #"{"do_lower_case": "yes"}"#])
        .hasPrefix("do_lower_case has the wrong type (F/tokenizer_config.json)"))
  }
}
