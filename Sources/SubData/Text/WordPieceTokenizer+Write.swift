extension WordPieceTokenizer {
  /// The whole tokenizer as Hugging Face's library writes it, `tokenizer.json`; nil where a vocabulary and the switches of
  /// `tokenizer_config.json` say all of it.
  public var fileJSON: JSON? {
    let special = zip(Self.specialTokens, [padID, unknownID, clsID, sepID, maskID])
      .filter { name, _ in !added.contains { $0.content == name } }
      .map { name, id in
        var token = AddedToken(name, id: id)
        token.isSpecial = true
        return token
      }
    let isPlain = added.allSatisfy { Self.specialTokens.contains($0.content) && !$0.isWord && !$0.isNormalized }
    guard !isPlain || normalizer.longestWord != 100 || !normalizer.cleansText else { return nil }
    let pieces = JSON.Object(
      vocabulary.prefix(pieceCount).enumerated().map { (key: $0.element, value: .integer(Int64($0.offset))) })
    return [
      "version": "1.0", "truncation": .null, "padding": .null,
      "added_tokens": .array((special + added).sorted { $0.id < $1.id }.map(\.json)),
      "normalizer": [
        "type": "BertNormalizer", "clean_text": .bool(normalizer.cleansText),
        "handle_chinese_chars": .bool(normalizer.splitsIdeographs), "strip_accents": .bool(normalizer.stripsAccents),
        "lowercase": .bool(normalizer.lowercases),
      ],
      "pre_tokenizer": ["type": "BertPreTokenizer"],
      "post_processor": [
        "type": "BertProcessing", "sep": ["[SEP]", .integer(Int64(sepID))], "cls": ["[CLS]", .integer(Int64(clsID))],
      ],
      "decoder": ["type": "WordPiece", "prefix": "##", "cleanup": true],
      "model": [
        "type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
        "max_input_chars_per_word": .integer(Int64(normalizer.longestWord)), "vocab": .object(pieces),
      ],
    ]
  }
}

extension AddedToken {
  fileprivate var json: JSON {
    [
      "id": .integer(Int64(id)), "content": .string(content), "single_word": .bool(isWord), "lstrip": false,
      "rstrip": false, "normalized": .bool(isNormalized), "special": .bool(isSpecial),
    ]
  }
}
