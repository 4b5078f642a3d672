extension WordPieceTokenizer {
  /// A tokenizer of small letters whose vocabulary is learned from texts: at most `size` pieces, from at most 20,000 texts,
  /// spread evenly.
  public init(learnedFrom part: TextPart, size: Int = 2000) throws {
    var trainer = WordPieceTrainer(lowercase: true)
    for index in stride(from: 0, to: part.examples.count, by: max(1, (part.examples.count + 19_999) / 20_000)) {
      trainer.add(part.examples[index].first)
      if let second = part.examples[index].second { trainer.add(second) }
    }
    try self.init(vocabulary: trainer.vocabulary(size: size), lowercase: true, name: "the training texts")
  }
}
