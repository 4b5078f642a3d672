public import SubCore

extension WordPieceTokenizer {
  /// A tokenizer with the vocabulary of a `vocab.txt`: UTF-8, one token per line, the line's number is the id.
  ///
  /// - Throws: `InputError` if the file cannot be read, is empty, not UTF-8, or lacks a special token.
  public init(vocabularyFile path: String, lowercase: Bool) throws(InputError) {
    try self.init(vocabularyFile: path, normalizer: BertNormalizer(lowercase: lowercase))
  }

  /// A tokenizer from what a user names: a model's folder, a `tokenizer.json`, or a vocabulary with one token per line.
  /// A vocabulary alone says nothing about case: a `tokenizer_config.json` beside it does, else its capital letters.
  public init(path: String) throws {
    if FileSystem.kind(path) == .folder {
      try self.init(folder: path)
    } else if path.hasSuffix(".json") {
      try self.init(tokenizerFile: path)
    } else {
      try self.init(vocabulary: path, settings: FileSystem.join(FileSystem.parent(path), "tokenizer_config.json"))
    }
  }

  /// A tokenizer from a model's folder: `vocab.txt` with the switches of `tokenizer_config.json`, or, where there is no
  /// `vocab.txt`, `tokenizer.json` alone. Without a configuration text is lower-cased, unless the vocabulary itself has
  /// capital letters.
  public init(folder: String) throws {
    let vocabulary = FileSystem.join(folder, "vocab.txt")
    let whole = FileSystem.join(folder, "tokenizer.json")
    if TextFile.exists(vocabulary) {
      try self.init(vocabulary: vocabulary, settings: FileSystem.join(folder, "tokenizer_config.json"))
    } else if TextFile.exists(whole) {
      try self.init(tokenizerFile: whole)
    } else {
      throw InputError(
        "no vocab.txt and no tokenizer.json", at: folder, cure: "give a folder that holds a BERT vocabulary")
    }
  }

  /// A tokenizer from a `tokenizer.json` of Hugging Face's library.
  public init(tokenizerFile path: String) throws {
    let file = TokenizerSettings(json: try JSON.read(path), path: path)
    let model = try file.member("model")
    let type = try model.text("type") ?? "WordPiece"
    guard type == "WordPiece" else {
      throw InputError("the tokenizer is \(type), not WordPiece", at: path, cure: "give a BERT model's folder")
    }
    let pieces = try Self.vocabulary(of: model, in: path)
    var normalizer = BertNormalizer(lowercase: !Self.isCased(pieces))
    if let settings = try file.optionalMember("normalizer") {
      normalizer = BertNormalizer(lowercase: try settings.bool("lowercase") ?? true)
      normalizer.cleansText = try settings.bool("clean_text") ?? true
      normalizer.splitsIdeographs = try settings.bool("handle_chinese_chars") ?? true
      normalizer.stripsAccents = try settings.bool("strip_accents") ?? normalizer.stripsAccents
    }
    try self.init(vocabulary: pieces, normalizer: normalizer, name: path)
  }

  private init(vocabulary path: String, settings: String) throws {
    let pieces = try Self.vocabulary(in: path)
    var normalizer = BertNormalizer(lowercase: !Self.isCased(pieces))
    if TextFile.exists(settings) {
      let settings = TokenizerSettings(json: try JSON.read(settings), path: settings)
      if let lowercases = try settings.bool("do_lower_case") { normalizer = BertNormalizer(lowercase: lowercases) }
      normalizer.stripsAccents = try settings.bool("strip_accents") ?? normalizer.stripsAccents
      normalizer.splitsIdeographs = try settings.bool("tokenize_chinese_chars") ?? true
    }
    try self.init(vocabulary: pieces, normalizer: normalizer, name: path)
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

  private static func vocabulary(of model: TokenizerSettings, in path: String) throws -> [String] {
    let members = try model.member("vocab").members()
    var pieces = [String?](repeating: nil, count: members.count)
    for member in members {
      guard let id = member.value.int, pieces.indices.contains(id), pieces[id] == nil else {
        throw InputError(
          "the ids of model.vocab are not 0 to \(members.count - 1), each once (\(member.key) has \(member.value.text()))",
          at: path, cure: "give a tokenizer.json as published, or a vocab.txt")
      }
      pieces[id] = member.key
    }
    return pieces.compactMap { $0 }
  }

  /// Whether any piece but the bracketed ones has an upper-case ASCII letter.
  private static func isCased(_ pieces: [String]) -> Bool {
    pieces.contains { piece in
      !piece.hasPrefix("[") && piece.utf8.contains { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) }
    }
  }
}

/// A JSON object of a tokenizer's files, with errors that name the file and the key.
private struct TokenizerSettings {
  let json: JSON
  let path: String
  var key = ""

  func member(_ name: String) throws -> TokenizerSettings {
    guard let member = try optionalMember(name) else { throw failure("\(inner(name)) is missing") }
    return member
  }
  func optionalMember(_ name: String) throws -> TokenizerSettings? {
    guard let value = try value(name) else { return nil }
    return TokenizerSettings(json: value, path: path, key: inner(name))
  }
  func members() throws -> [JSON.Object.Member] {
    guard let object = json.object else { throw failure("\(key.isEmpty ? "the file" : key) has the wrong type") }
    return object.members
  }
  func bool(_ name: String) throws -> Bool? {
    guard let value = try value(name) else { return nil }
    guard let bool = value.bool else { throw failure("\(inner(name)) has the wrong type") }
    return bool
  }
  func text(_ name: String) throws -> String? {
    guard let value = try value(name) else { return nil }
    guard let text = value.string else { throw failure("\(inner(name)) has the wrong type") }
    return text
  }

  /// A member that is there and not null.
  private func value(_ name: String) throws -> JSON? {
    _ = try members()
    guard let value = json[name], value != .null else { return Optional<JSON>.none }
    return value
  }
  private func inner(_ name: String) -> String { key.isEmpty ? name : "\(key).\(name)" }
  private func failure(_ what: String) -> InputError {
    InputError(what, at: path, cure: "give the file as the model's authors published it")
  }
}
