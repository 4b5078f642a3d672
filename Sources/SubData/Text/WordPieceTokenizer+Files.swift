import SubCore

extension WordPieceTokenizer {
  /// A tokenizer with the vocabulary of a `vocab.txt`: UTF-8, one token per line, the line's number is the id.
  ///
  /// - Throws: `InputError` if the file cannot be read, is empty, not UTF-8, or lacks a special token.
  public init(vocabularyFile path: String, lowercase: Bool) throws {
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
      try self.init(vocabulary: path, folder: FileSystem.parent(path))
    }
  }

  /// A tokenizer from a model's folder: `tokenizer.json`, else `vocab.txt`, with the switches of `tokenizer_config.json`
  /// and the tokens of `added_tokens.json`. Without a configuration text is lower-cased, unless the vocabulary itself has
  /// capital letters. What changes ids and is not known here is an error.
  public init(folder: String) throws {
    let vocabulary = FileSystem.join(folder, "vocab.txt")
    let whole = FileSystem.join(folder, "tokenizer.json")
    if TextFile.exists(whole) {
      try self.init(tokenizerFile: whole, folder: folder)
    } else if TextFile.exists(vocabulary) {
      try self.init(vocabulary: vocabulary, folder: folder)
    } else {
      throw InputError(
        "no vocab.txt and no tokenizer.json", at: folder, cure: "give a folder that holds a BERT vocabulary")
    }
  }

  /// A tokenizer from a `tokenizer.json` of Hugging Face's library, with the settings of the files of its folder where one
  /// is named.
  public init(tokenizerFile path: String, folder: String? = nil) throws {
    let file = try WordPieceFile(JSON.read(path), path)
    let pieces = try Self.vocabulary(of: file.model, in: path)
    var normalizer = try file.normalizer() ?? BertNormalizer(lowercase: !Self.isCased(pieces))
    normalizer.longestWord = try file.longestWord()
    try file.checkPieces()
    var added = try file.added()
    let settings = try folder.map { try TokenizerFolder($0) }
    let remark = try settings?.change(&normalizer, of: file.hasNormalizer ? path : nil)
    try settings?.add(to: &added, of: pieces)
    try self.init(vocabulary: pieces, normalizer: normalizer, added: added, name: path)
    (maxLength, remarks) = (try settings?.maxLength(), [remark].compactMap(\.self))
  }

  private init(vocabulary path: String, folder: String) throws {
    let pieces = try Self.vocabulary(in: path)
    let settings = try TokenizerFolder(folder)
    var normalizer = BertNormalizer(lowercase: !Self.isCased(pieces))
    _ = try settings.change(&normalizer)
    var added: [AddedToken] = []
    try settings.add(to: &added, of: pieces)
    try self.init(vocabulary: pieces, normalizer: normalizer, added: added, name: path)
    maxLength = try settings.maxLength()
  }

  private init(vocabularyFile path: String, normalizer: BertNormalizer) throws {
    try self.init(vocabulary: Self.vocabulary(in: path), normalizer: normalizer, name: path)
  }

  // Far above any vocabulary in use; keeps the trie's node numbers in 24 bits.
  private static let largestFile = 7 << 20

  private static func vocabulary(in path: String) throws -> [String] {
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
