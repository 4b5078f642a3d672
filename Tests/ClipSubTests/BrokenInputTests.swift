import ClipSub
import Foundation
import SubCore
import SubData
import Testing

/// Whatever the bytes are: an answer or an `InputError`, never a trap.
struct BrokenInputTests {
  /// Copies of some bytes, each with a few of them changed, cut out or repeated.
  private static func damaged(_ bytes: [UInt8], count: Int, seed: Int) -> [[UInt8]] {
    (0..<count).map { number in
      let key = RandomKey(seed: seed).fold(number)
      var copy = bytes
      for change in 0..<(1 + key.integer(below: 6, at: 0)) {
        guard !copy.isEmpty else { break }
        let place = key.integer(below: copy.count, at: 10 + 3 * change)
        let value = UInt8(truncatingIfNeeded: key.bits32(at: 11 + 3 * change))
        switch key.integer(below: 4, at: 12 + 3 * change) {
        case 0: copy[place] = value
        case 1: copy.removeSubrange(place..<min(copy.count, place + Int(value)))
        case 2: copy.insert(contentsOf: copy[place..<min(copy.count, place + Int(value))], at: place)
        default: copy.removeLast(copy.count - place)
        }
      }
      return copy
    }
  }

  private static func read(_ path: String) throws {
    do {
      let options = CaptionOptions(jsonFields: [], faults: CaptionFaults.Limit(count: 5, share: 0.5))
      var stream = try CaptionStream(CaptionSet(path, options: options, readsLabels: true), order: .training(seed: 1))
      for _ in 0..<50 { _ = try stream.next()?.imageBytes().count }
    } catch is InputError {}
  }

  @Test func `damaged shards, plain and packed`() throws {
    let folder = try CaptionFiles.folder()
    let plain = CaptionFiles.tar(
      (0..<6).flatMap { index -> [(String, [UInt8])] in
        [
          ("\(index).png", [1, 2]), ("\(index).txt", Array("é \(index)".utf8)),
          ("\(index).json", Array(#"{"label":1}"#.utf8)),
        ]
      })
    let packed = try Data(contentsOf: URL(fileURLWithPath: CaptionFiles.embedded + "/val-0000.tar.gz"))
    for bytes in Self.damaged(plain, count: 300, seed: 1) + Self.damaged(Array(packed.prefix(9000)), count: 60, seed: 2)
    {
      try Self.read(CaptionFiles.write(bytes, "\(folder)/x.tar"))
    }
  }

  @Test func `damaged tables`() throws {
    let folder = try CaptionFiles.folder()
    let text = "filepath\ttitle\na.jpg\t\"one \"\"two\"\"\"\r\nb.jpg\tthree\n\nc.jpg\t\"four\nfive\"\n"
    for bytes in Self.damaged(Array(text.utf8), count: 500, seed: 3) {
      try Self.read(CaptionFiles.write(bytes, "\(folder)/x.csv"))
    }
  }

  @Test func `damaged merges name their line`() throws {
    let folder = try CaptionFiles.folder()
    let good = BytePairTrainer.train(["a red circle above a blue square and a red ring"], count: 50, minimumCount: 1)
    let text = Array(good.fileText.utf8)
    for bytes in Self.damaged(text, count: 300, seed: 4) {
      do {
        _ = try BytePairTokenizer(mergesFile: CaptionFiles.write(bytes, "\(folder)/m.txt")).encode("a red ring")
      } catch is InputError {}
    }
    let bad = try CaptionFiles.write("#version\na b\nab c d\n".utf8, "\(folder)/bad.txt")
    let error = #expect(throws: InputError.self) { try BytePairTokenizer(mergesFile: bad) }
    #expect(error?.place == "\(bad), line 3")
    let unknown = try CaptionFiles.write("#version\na b\nabc d\n".utf8, "\(folder)/unknown.txt")
    let other = #expect(throws: InputError.self) { try BytePairTokenizer(mergesFile: unknown) }
    #expect(other?.place == "\(unknown), line 3")
    for path in [folder, "/nonexistent", try CaptionFiles.write([], "\(folder)/empty")] {
      #expect(throws: InputError.self) { try BytePairTokenizer(mergesFile: path) }
    }
  }

  @Test func `any text has ids, long ones in good time`() throws {
    let tokenizer = try BytePairTokenizerTests.trimmed()
    let texts = ["Ã© â€œmojibakeâ€\u{9d} &amp;&#x41; &notit; Σ ﬁ \u{1b}[0m", "<start_of_text>'s don't 𝔘𝔫𝔦"]
    for text in texts {
      for bytes in Self.damaged(Array(text.utf8), count: 400, seed: 5) {
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
    let text = try! String(contentsOf: BytePairTokenizerTests.fixture("bpe-merges.txt"), encoding: .utf8)
    var ranks: [String: Int] = [:]
    for line in text.split(separator: "\n") {
      let words = line.split(separator: " ")
      ranks["\(words[1]) \(words[2])"] = Int(words[0])
    }
    return ranks
  }()
}
