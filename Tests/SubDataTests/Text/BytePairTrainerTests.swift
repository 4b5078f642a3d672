import SubData
import Testing

struct BytePairTrainerTests {
  @Test func `the most frequent pair comes first, ties by the symbols`() throws {
    // "low" three times, "lower" once, "new" twice: lo and ow</w> tie at least, by count.
    let merges = BytePairTrainer.train(["low low low lower", "new new"], count: 4).merges
    #expect(merges.map(\.first) == ["l", "lo", "e", "n"])
    #expect(merges.map(\.second) == ["o", "w</w>", "w</w>", "ew</w>"])
  }

  @Test func `training twice gives the same merges, and the text survives`() throws {
    let texts = ["a red circle above a blue square", "two green stars in a row", "a photo of a red ring, naïve"]
    let merges = BytePairTrainer.train(texts, count: 60, minimumCount: 1)
    #expect(merges == BytePairTrainer.train(texts, count: 60, minimumCount: 1))
    let tokenizer = try BytePairTokenizer(merges)
    #expect(tokenizer.vocabularySize == 512 + merges.merges.count + 2)
    #expect(tokenizer.startId == 512 + merges.merges.count && tokenizer.endId == tokenizer.startId + 1)
    for text in texts {
      let joined = tokenizer.tokens(of: tokenizer.encode(text)).joined()
      #expect(
        joined
          == CaptionCleaner.clean(text).replacing("ï", with: "Ã¯").replacing(",", with: " ,")
          .split(separator: " ").map { $0 + "</w>" }.joined())
    }
  }

  @Test func `no symbol is made twice`() throws {
    let merges = BytePairTrainer.train(["abc bc ab abcab bcabc cab aab bca"], count: 100, minimumCount: 1)
    let made = merges.merges.map { $0.first + $0.second }
    #expect(Set(made).count == made.count)
  }
}
