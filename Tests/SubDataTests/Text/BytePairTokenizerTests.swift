import Foundation
import SubData
import Testing

/// Fixtures made by scripts/reference/clip_bpe.py from open_clip 3.3.0.
struct BytePairTokenizerTests {
  struct Vectors: Decodable {
    struct Vector: Decodable {
      var name: String, text: String, cleaned: String
      var ids: [Int32]
      var tokens: [String]?
    }
    var vectors: [Vector]
  }

  struct Line: Decodable {
    var text: String, cleaned: String
    var ids: [Int32]
  }

  static func fixture(_ name: String) -> URL {
    Bundle.module.url(forResource: "Fixtures", withExtension: nil)!.appendingPathComponent("bpe")
      .appendingPathComponent(name)
  }

  /// A tokenizer with CLIP's ids that knows only the merges which the fixtures need.
  static func trimmed() throws -> BytePairTokenizer {
    let text = try String(contentsOf: fixture("merges.txt"), encoding: .utf8)
    let merges = text.split(separator: "\n").map { line in
      let words = line.split(separator: " ")
      return (rank: Int(words[0])!, merge: BytePairMerges.Merge(String(words[1]), String(words[2])))
    }
    return try BytePairTokenizer(ranked: merges, count: BytePairMerges.clipCount, place: { "merge \($0)" })
  }

  static func lines(_ file: URL) throws -> [Line] {
    try String(contentsOf: file, encoding: .utf8).split(separator: "\n")
      .map { try JSONDecoder().decode(Line.self, from: Data($0.utf8)) }
  }

  @Test func `every vector of open_clip`() throws {
    let tokenizer = try Self.trimmed()
    #expect(tokenizer.vocabularySize == 49408 && tokenizer.startId == 49406 && tokenizer.endId == 49407)
    let vectors = try JSONDecoder().decode(Vectors.self, from: Data(contentsOf: Self.fixture("vectors.json")))
    #expect(vectors.vectors.count == 58)
    for vector in vectors.vectors {
      #expect(Array(CaptionCleaner.clean(vector.text).utf8) == Array(vector.cleaned.utf8), "\(vector.name)")
      let ids = tokenizer.tokenize(vector.text)
      #expect(ids == vector.ids, "\(vector.name)")
      if let tokens = vector.tokens, ids.count < 77 {
        #expect(tokenizer.tokens(of: Array(ids.dropFirst().dropLast())) == tokens, "\(vector.name)")
      }
    }
  }

  @Test func `400 mixed lines as open_clip`() throws {
    let tokenizer = try Self.trimmed()
    let lines = try Self.lines(Self.fixture("lines.jsonl"))
    #expect(lines.count == 400)
    for line in lines {
      #expect(Array(CaptionCleaner.clean(line.text).utf8) == Array(line.cleaned.utf8), "\(line.text.debugDescription)")
      #expect(tokenizer.encode(line.text) == line.ids, "\(line.text.debugDescription)")
    }
  }

  /// MASKSUB_CLIP_MERGES: CLIP's merges; MASKSUB_CLIP_LINES: what `clip_bpe.py lines` wrote.
  @Test(.enabled(if: ProcessInfo.processInfo.environment["MASKSUB_CLIP_LINES"] != nil))
  func `many lines as open_clip`() throws {
    let environment = ProcessInfo.processInfo.environment
    let tokenizer = try BytePairTokenizer(mergesFile: environment["MASKSUB_CLIP_MERGES"] ?? "")
    #expect(tokenizer.vocabularySize == 49408)
    let lines = try Self.lines(URL(fileURLWithPath: environment["MASKSUB_CLIP_LINES"]!))
    var different = 0
    for line in lines {
      let cleaned = CaptionCleaner.clean(line.text)
      let isEqual = Array(cleaned.utf8) == Array(line.cleaned.utf8) && tokenizer.encode(line.text) == line.ids
      if !isEqual {
        different += 1
        if different <= 40 {
          func show(_ text: String) -> String { text.unicodeScalars.map { $0.escaped(asASCII: true) }.joined() }
          print("DIFFERENT\n  \(show(line.text))\n  \(show(line.cleaned))\n  \(show(cleaned))")
          print(tokenizer.tokens(of: line.ids), tokenizer.tokens(of: tokenizer.encode(line.text)), separator: "\n")
        }
      }
    }
    print("\(lines.count) lines, \(different) different")
    #expect(different == 0)
  }
}
