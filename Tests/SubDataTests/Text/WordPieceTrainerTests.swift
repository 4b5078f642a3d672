import SubData
import Testing

/// Vocabularies learned from a few words, checked by hand.
@Suite struct WordPieceTrainerTests {
  @Test func `the most frequent pair is joined first, ties by the earlier pieces`() {
    // Pairs: (##u ##g) 20, (##u ##n) 16, (h ##u) 15, (p ##u) 17, (b ##u) 4, (##g ##s) 5.
    let lines =
      Array(repeating: "hug", count: 10) + Array(repeating: "pug", count: 5)
      + Array(repeating: "pun", count: 12) + Array(repeating: "bun", count: 4) + Array(repeating: "hugs", count: 5)
    let start = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "##g", "##n", "##s", "##u", "b", "h", "p"]
    #expect(WordPieceTrainer.train(lines, size: 0, lowercase: true) == start)
    // Then (##u ##n) 16 comes first of the pairs left; (h ##ug) 15, (p ##un) 12; (p ##ug) and (hug ##s) have 5 each.
    #expect(
      WordPieceTrainer.train(lines, size: 100, lowercase: true) == start + [
        "##ug", "##un", "hug", "pun", "pug", "hugs", "bun",
      ])
  }

  @Test func `text is folded as the tokenizer folds it`() {
    let pieces = WordPieceTrainer.train(["Ü, ü [MASK] x[SEP]y"], size: 50, lowercase: true)
    #expect(pieces.dropFirst(5) == [",", "u", "x", "y"])
    let cased = WordPieceTrainer.train(["Üx"], size: 50, lowercase: false)
    #expect(cased.dropFirst(5) == ["##x", "Ü", "Üx"])
  }

  @Test func `a learned vocabulary spells what it was learned from`() throws {
    let lines = ["the cat sat", "the cats sit", "that mat"]
    let pieces = WordPieceTrainer.train(lines, size: 30, lowercase: true)
    #expect(pieces.count == Set(pieces).count && pieces.count <= 30)
    let tokenizer = try WordPieceTokenizer(vocabulary: pieces, lowercase: true, name: "learned")
    for line in lines {
      let words = tokenizer.tokens(of: tokenizer.encode(line)).reduce(into: "") { text, piece in
        text += piece.hasPrefix("##") ? String(piece.dropFirst(2)) : (text.isEmpty ? "" : " ") + piece
      }
      #expect(words == line)
    }
  }

  @Test func `of many texts at most 20,000 are learned from, spread evenly`() throws {
    let texts = (0..<39_999).map { TextExample(index: $0, first: $0 % 2 == 0 ? "even" : "odd") }
    let tokenizer = try WordPieceTokenizer(learnedFrom: TextPart(texts))
    #expect(tokenizer.vocabulary.contains("even") && !tokenizer.vocabulary.contains("odd"))
  }
}
