public import SubCore

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

extension WordPieceTokenizer {
  /// A tokenizer with the vocabulary of a `vocab.txt`: UTF-8, one token per line, the line's number is the id.
  ///
  /// - Throws: `InputError` if the file cannot be read, is empty, not UTF-8, or lacks a special token.
  public init(vocabularyFile path: String, lowercase: Bool) throws(InputError) {
    try self.init(vocabularyFile: path, normalizer: BertNormalizer(lowercase: lowercase))
  }

  /// A tokenizer from a model's folder: `vocab.txt` with the switches of `tokenizer_config.json`, or, where there is no
  /// `vocab.txt`, `tokenizer.json` alone. Without a configuration text is lower-cased, unless the vocabulary itself has
  /// capital letters.
  public init(folder: String) throws(InputError) {
    let vocabulary = folder + "/vocab.txt"
    let whole = folder + "/tokenizer.json"
    if TextFile.exists(vocabulary) {
      let pieces = try Self.vocabulary(in: vocabulary)
      let settings = folder + "/tokenizer_config.json"
      let configuration =
        TextFile.exists(settings) ? try Self.decode(TokenizerConfiguration.self, from: settings) : .init()
      let normalizer = configuration.normalizer(cased: Self.isCased(pieces))
      try self.init(vocabulary: pieces, normalizer: normalizer, name: vocabulary)
    } else if TextFile.exists(whole) {
      let file = try Self.decode(TokenizerFile.self, from: whole)
      guard file.model.type ?? "WordPiece" == "WordPiece" else {
        throw InputError(
          "the tokenizer is \(file.model.type ?? ""), not WordPiece", at: whole, cure: "give a BERT model's folder")
      }
      let pieces = try Self.vocabulary(of: file.model.vocab, in: whole)
      let normalizer = file.normalizer?.normalizer ?? BertNormalizer(lowercase: !Self.isCased(pieces))
      try self.init(vocabulary: pieces, normalizer: normalizer, name: whole)
    } else {
      throw InputError(
        "no vocab.txt and no tokenizer.json", at: folder, cure: "give a folder that holds a BERT vocabulary")
    }
  }

  private init(vocabularyFile path: String, normalizer: BertNormalizer) throws(InputError) {
    try self.init(vocabulary: Self.vocabulary(in: path), normalizer: normalizer, name: path)
  }

  // Far above any vocabulary in use; keeps the trie's node numbers in 24 bits.
  private static let largestFile = 7 << 20

  private static func vocabulary(in path: String) throws(InputError) -> [String] {
    let file = try TextFile(path, cure: "give a vocab.txt with one token per line", limit: largestFile)
    var pieces: [String] = []
    try file.forEachLine { (number, line) throws(InputError) in
      pieces.append(try file.string(line, line: number))
    }
    return pieces
  }

  private static func vocabulary(of ids: [String: Int], in path: String) throws(InputError) -> [String] {
    var pieces = [String?](repeating: nil, count: ids.count)
    for (piece, id) in ids {
      guard pieces.indices.contains(id), pieces[id] == nil else {
        throw InputError(
          "the ids of model.vocab are not 0 to \(ids.count - 1), each once (\(piece) has \(id))", at: path,
          cure: "give a tokenizer.json as published, or a vocab.txt")
      }
      pieces[id] = piece
    }
    return pieces.compactMap { $0 }
  }

  /// Whether any piece but the bracketed ones has an upper-case ASCII letter.
  private static func isCased(_ pieces: [String]) -> Bool {
    pieces.contains { piece in
      !piece.hasPrefix("[") && piece.utf8.contains { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) }
    }
  }

  private static func decode<Value: Decodable>(_ type: Value.Type, from path: String) throws(InputError) -> Value {
    let file = try TextFile(path, limit: 64 << 20)
    do {
      return try JSONDecoder().decode(type, from: Data(file.bytes))
    } catch {
      throw InputError("\(Self.reason(error))", at: path, cure: "give the file as the model's authors published it")
    }
  }

  private static func reason(_ error: any Error) -> String {
    func key(_ context: DecodingError.Context) -> String {
      context.codingPath.map(\.stringValue).joined(separator: ".")
    }
    switch error {
    case DecodingError.keyNotFound(let name, let context):
      let outer = key(context)
      return "\(outer.isEmpty ? "" : outer + ".")\(name.stringValue) is missing"
    case DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context):
      return "\(key(context)) has the wrong type"
    default: return "not valid JSON"
    }
  }
}

/// What `tokenizer_config.json` says about BERT's normalisation.
private struct TokenizerConfiguration: Decodable {
  var lowercases: Bool?
  var stripsAccents: Bool?
  var splitsIdeographs: Bool?

  enum CodingKeys: String, CodingKey {
    case lowercases = "do_lower_case"
    case stripsAccents = "strip_accents"
    case splitsIdeographs = "tokenize_chinese_chars"
  }

  /// The normaliser; a configuration that is silent on case leaves it to the vocabulary.
  func normalizer(cased: Bool) -> BertNormalizer {
    var result = BertNormalizer(lowercase: lowercases ?? !cased)
    if let stripsAccents { result.stripsAccents = stripsAccents }
    result.splitsIdeographs = splitsIdeographs ?? true
    return result
  }
}

/// The parts of a `tokenizer.json` that matter here.
private struct TokenizerFile: Decodable {
  struct Model: Decodable {
    var type: String?
    var vocab: [String: Int]
  }

  struct Normalizer: Decodable {
    var cleansText: Bool?
    var splitsIdeographs: Bool?
    var stripsAccents: Bool?
    var lowercases: Bool?

    enum CodingKeys: String, CodingKey {
      case cleansText = "clean_text"
      case splitsIdeographs = "handle_chinese_chars"
      case stripsAccents = "strip_accents"
      case lowercases = "lowercase"
    }

    var normalizer: BertNormalizer {
      var result = BertNormalizer(lowercase: lowercases ?? true)
      result.cleansText = cleansText ?? true
      result.splitsIdeographs = splitsIdeographs ?? true
      if let stripsAccents { result.stripsAccents = stripsAccents }
      return result
    }
  }

  var model: Model
  var normalizer: Normalizer?
}
