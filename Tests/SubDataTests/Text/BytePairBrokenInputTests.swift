import Foundation
import SubCore
import SubData
import TestSupport
import Testing

/// Whatever the merges or the text are: ids or an `InputError`, never a trap.
struct BytePairBrokenInputTests {
  private static func write(_ bytes: some Sequence<UInt8>, _ path: String) throws -> String {
    try AtomicFile.write(Array(bytes), to: path)
    return path
  }

  @Test func `damaged merges name their line`() throws {
    let folder = TemporaryFolder()
    let bad = try Self.write("#version\na b\nab c d\n".utf8, folder["bad.txt"])
    let error = #expect(throws: InputError.self) { try BytePairTokenizer(mergesFile: bad) }
    #expect(error?.place == "\(bad), line 3")
    let unknown = try Self.write("#version\na b\nabc d\n".utf8, folder["unknown.txt"])
    let other = #expect(throws: InputError.self) { try BytePairTokenizer(mergesFile: unknown) }
    #expect(other?.place == "\(unknown), line 3")
    for path in [folder.path, "/nonexistent", try Self.write([], folder["empty"])] {
      #expect(throws: InputError.self) { try BytePairTokenizer(mergesFile: path) }
    }
  }

  @Test func `any text has ids, long ones in good time`() throws {
    let tokenizer = try BytePairTokenizerTests.trimmed()
    let texts = ["Ã© â€œmojibakeâ€\u{9d} &amp;&#x41; &notit; Σ ﬁ \u{1b}[0m", "<start_of_text>'s don't 𝔘𝔫𝔦"]
    for text in texts {
      for number in 0..<400 {
        let bytes = Mutation.damaged([Array(text.utf8)], RandomKey(seed: 5).fold(number))
        let text = String(decoding: bytes, as: UTF8.self)
        let ids = tokenizer.tokenize(text)
        #expect(ids.first == 49406 && ids.last == 49407 && ids.count <= 77)
        #expect(ids.allSatisfy { $0 >= 0 && $0 < 49408 })
      }
    }
    for text in [
      String(repeating: "ab", count: 20_000), "&" + String(repeating: "amp;", count: 5000),
      String(repeating: "Ã", count: 5000), String(repeating: "Σ", count: 5000),
      String(repeating: "\u{301}", count: 5000),
      String(repeating: "\u{1b}[", count: 5000), String(repeating: "<start_of_text", count: 3000),
    ] {
      #expect(tokenizer.tokenize(text).count <= 77)
    }
  }

  @Test func `a long word is merged as a short one`() throws {
    let tokenizer = try BytePairTokenizerTests.trimmed()
    // Beyond 64 bytes another algorithm takes over; vowels and consonants make many competing merges.
    for length in [1, 2, 40, 63, 64, 65, 66, 130, 500] {
      let key = RandomKey(seed: length)
      let word = String(
        decoding: (0..<length).map { Array("aeiouthnrs".utf8)[key.integer(below: 10, at: $0)] }, as: UTF8.self)
      #expect(tokenizer.encode(word) == Self.obvious(tokenizer, word), "\(length)")
    }
  }

  /// Byte-pair encoding by definition: the symbols' strings, the lowest rank, every occurrence from the left.
  private static func obvious(_ tokenizer: BytePairTokenizer, _ word: String) -> [Int32] {
    var ids: [String: Int32] = [:]
    for (id, symbol) in tokenizer.symbols.enumerated() where !symbol.isEmpty { ids[symbol] = Int32(id) }
    let ranks = merges
    var symbols = word.map(String.init)
    symbols[symbols.count - 1] += "</w>"
    while let best = zip(symbols, symbols.dropFirst()).compactMap({ ranks["\($0) \($1)"] }).min() {
      var merged: [String] = []
      var index = 0
      while index < symbols.count {
        if index + 1 < symbols.count, ranks["\(symbols[index]) \(symbols[index + 1])"] == best {
          merged.append(symbols[index] + symbols[index + 1])
          index += 2
        } else {
          merged.append(symbols[index])
          index += 1
        }
      }
      symbols = merged
    }
    return symbols.map { ids[$0]! }
  }

  private static let merges: [String: Int] = {
    let text = try! String(contentsOf: BytePairTokenizerTests.fixture("merges.txt"), encoding: .utf8)
    var ranks: [String: Int] = [:]
    for line in text.split(separator: "\n") {
      let words = line.split(separator: " ")
      ranks["\(words[1]) \(words[2])"] = Int(words[0])
    }
    return ranks
  }()
}
