import SubCore
import SubData

/// Makes the sequences of texts that a network can take: in its pieces, in its segments, as long as its positions reach.
struct SequenceReader: Sendable {
  private let tokenizer: WordPieceTokenizer
  private let config: BERTConfig
  private let limit: Int?

  /// A reader for a network. `limit`: tokens of the longest sequence; nil: as the tokenizer's files say.
  init(_ tokenizer: WordPieceTokenizer, for config: BERTConfig, limit: Int? = nil) {
    (self.tokenizer, self.config, self.limit) = (tokenizer, config, limit ?? tokenizer.maxLength)
  }

  /// That texts are cut to less than `maxLength`, or the positions, let expect; nil where they are not.
  func remark(_ maxLength: Int? = nil) -> String? {
    guard let limit, limit < min(maxLength ?? config.positions, config.positions) else { return nil }
    return "texts are cut to \(limit) tokens: model_max_length of the tokenizer's tokenizer_config.json"
  }

  /// A sentence or pair, at most `maxLength` tokens of it; nil: as many as may be. Throws where the network has no segment
  /// for the second text of a pair, or no position for the special tokens alone.
  func sequence(_ example: TextExample, maxLength: Int? = nil) throws(InputError) -> TextBatch.Sequence {
    guard example.second == nil || config.types > 1 else {
      throw InputError(
        "a pair of texts for a model of single ones: type_vocab_size is \(config.types)", at: config.place,
        cure: "give one text at a time, or use a model with two token types")
    }
    let longest = min(maxLength ?? .max, limit ?? .max, config.positions)
    let encoding = tokenizer.encode(example.first, example.second, maxLength: longest)
    guard encoding.ids.count <= config.positions else {
      throw InputError(
        "\(encoding.ids.count) special tokens for a model of fewer: max_position_embeddings is \(config.positions)",
        at: config.place, cure: "use a model with more positions")
    }
    return TextBatch.Sequence(
      ids: encoding.ids, typeIDs: encoding.typeIds, isEligible: encoding.ids.map { !tokenizer.isSpecial($0) })
  }
}
