import SubCore

/// A `tokenizer.json` of Hugging Face's library with a WordPiece model. Parts that would change ids and are not BERT's own
/// are errors; padding and truncation are the caller's, not the file's, as in transformers.
struct WordPieceFile {
  /// The part that makes pieces of words.
  let model: TokenizerSettings
  private let file: TokenizerSettings

  init(_ json: JSON, _ path: String) throws {
    file = TokenizerSettings(json: json, path: path)
    model = try file.member("model")
    let type = try model.text("type") ?? "WordPiece"
    guard type == "WordPiece" else {
      throw InputError("the tokenizer is \(type), not WordPiece", at: path, cure: "give a BERT model's folder")
    }
    for (key, wanted) in [("unk_token", "[UNK]"), ("continuing_subword_prefix", "##")] {
      if let value = try model.text(key), value != wanted { throw model.refusal(key, "'\(value)'") }
    }
  }

  /// Beyond so many scalars a word is unknown.
  func longestWord() throws -> Int { try model.number("max_input_chars_per_word", 1...10_000) ?? 100 }

  /// The tokens that are looked for in text before all else.
  func added() throws -> [AddedToken] { try file.elements("added_tokens").map { try $0.added() } }

  /// Whether it says how text is normalised.
  var hasNormalizer: Bool { file.json["normalizer"] != nil }

  /// How text is normalised; nil where the file has no such part.
  func normalizer() throws -> BertNormalizer? {
    guard hasNormalizer else { return nil }
    guard let settings = try file.optionalMember("normalizer") else { return Self.plain }
    let steps = try settings.text("type") == "Sequence" ? settings.elements("normalizers") : [settings]
    var normalizer = Self.plain
    for step in steps {
      switch try step.text("type") ?? "BertNormalizer" {
      case "BertNormalizer" where steps.count == 1:
        normalizer = BertNormalizer(lowercase: try step.bool("lowercase") ?? true)
        normalizer.cleansText = try step.bool("clean_text") ?? true
        normalizer.splitsIdeographs = try step.bool("handle_chinese_chars") ?? true
        normalizer.stripsAccents = try step.bool("strip_accents") ?? normalizer.stripsAccents
      case "Lowercase": normalizer.lowercases = true
      case "StripAccents": normalizer.stripsAccents = true
      // Accents are only found once they are taken apart, which goes before.
      case "NFD" where steps.contains { $0.json["type"]?.string == "StripAccents" }: break
      case let other: throw step.refusal("type", other)
      }
    }
    return normalizer
  }

  private static var plain: BertNormalizer {
    var plain = BertNormalizer(lowercase: false)
    (plain.cleansText, plain.splitsIdeographs) = (false, false)
    return plain
  }

  /// Throws where text is split otherwise than BERT's is, or other tokens stand around it.
  func checkPieces() throws {
    if file.json["pre_tokenizer"] != nil {
      let type = try file.optionalMember("pre_tokenizer")?.text("type") ?? "none"
      guard type == "BertPreTokenizer" else { throw file.refusal("pre_tokenizer", type) }
    }
    guard file.json["post_processor"] != nil else { return }
    guard let post = try file.optionalMember("post_processor") else { throw file.refusal("post_processor", "none") }
    switch try post.text("type") ?? "" {
    case "BertProcessing":
      for (key, wanted) in [("cls", "[CLS]"), ("sep", "[SEP]")] where post.json[key]?.array?.first?.string != wanted {
        throw post.refusal(key, post.json[key]?.text() ?? "none")
      }
    case "TemplateProcessing":
      let single = ["[CLS]:0", "A:0", "[SEP]:0"]
      for (key, wanted) in [("single", single), ("pair", single + ["B:1", "[SEP]:1"])] {
        let template = try post.elements(key).map(Self.piece)
        if template != wanted { throw post.refusal(key, template.joined(separator: " ")) }
      }
    case let other: throw post.refusal("type", other)
    }
  }

  /// A template's piece as its library writes it: `A:0`, `[SEP]:1`.
  private static func piece(_ settings: TokenizerSettings) -> String {
    let part = settings.json["SpecialToken"] ?? settings.json["Sequence"]
    return "\(part?["id"]?.string ?? "?"):\(part?["type_id"]?.int ?? 0)"
  }
}

/// What the other files of a tokenizer's folder say: `tokenizer_config.json`, `special_tokens_map.json`,
/// `added_tokens.json`.
struct TokenizerFolder {
  private let settings, special, added: TokenizerSettings?
  /// The tokens that are special beside BERT's five, in the order in which transformers gives them ids.
  private let specials: [TokenizerSettings]

  init(_ folder: String) throws {
    func read(_ name: String) throws -> TokenizerSettings? {
      let path = FileSystem.join(folder, name)
      return TextFile.exists(path) ? TokenizerSettings(json: try JSON.read(path), path: path) : nil
    }
    settings = try read("tokenizer_config.json")
    special = try read("special_tokens_map.json")
    added = try read("added_tokens.json")
    for file in [settings, special].compactMap({ $0 }) {
      let names = ["pad_token", "unk_token", "cls_token", "sep_token", "mask_token"]
      for (key, wanted) in zip(names, SpecialTokens.names) {
        if let token = try file.token(key), token != wanted { throw file.refusal(key, "'\(token)'") }
      }
    }
    for (key, wanted) in [
      ("do_basic_tokenize", true), ("split_special_tokens", false), ("add_bos_token", false), ("add_eos_token", false),
    ] {
      if let settings, let value = try settings.bool(key), value != wanted { throw settings.refusal(key, "\(value)") }
    }
    if let settings, let side = try settings.text("truncation_side"), side != "right" {
      throw settings.refusal("truncation_side", side)
    }
    if let settings, let name = try settings.text("tokenizer_class"), name.hasPrefix("BertJapanese") {
      throw settings.refusal("tokenizer_class", name)
    }
    // With its decoder there transformers does not look into the map.
    let map = settings?.json["added_tokens_decoder"] == nil ? special : nil
    specials = try Self.specials([settings, map].compactMap(\.self))
  }

  /// The tokens that two files name as special: under a name of their own, those of text's ends first, or in a list.
  private static func specials(_ files: [TokenizerSettings]) throws -> [TokenizerSettings] {
    var named: [String: (order: Int, token: TokenizerSettings)] = [:]
    var order = 0
    var others: [TokenizerSettings] = []
    for file in files {
      var members = try file.members().filter { $0.key.hasSuffix("_token") }
      for list in ["additional_special_tokens", "extra_special_tokens"] {
        if file.json[list]?.object != nil {
          members += try file.member(list).members()
        } else {
          others += try file.elements(list)
        }
      }
      for member in members where member.value.string != nil || member.value["content"] != nil {
        named[member.key] = (order, TokenizerSettings(json: member.value, path: file.path, key: member.key))
        order += 1
      }
    }
    let ends = ["bos_token", "eos_token"].compactMap { named.removeValue(forKey: $0)?.token }
    let rest = named.values.sorted { $0.order < $1.order }.map(\.token)
    return try (ends + rest + others).filter { try !SpecialTokens.names.contains($0.content()) }
  }

  /// `model_max_length`: tokens of the longest sequence; nil where no bound stands there, or transformers' number for none.
  func maxLength() throws -> Int? {
    guard let settings, settings.json["model_max_length"]?.double ?? 0 < 1e20 else { return nil }
    return try settings.number("model_max_length", 1...Int.max)
  }

  /// Whether a tokenizer.json's own normalizer has the last word: transformers' class of any tokenizer takes it, that of
  /// BERT's makes one of these settings.
  private func yieldsToFile() throws -> Bool {
    ["PreTrainedTokenizerFast", "TokenizersBackend"].contains(try settings?.text("tokenizer_class") ?? "")
  }

  /// Puts the switches that stand there into a normalizer, that of the tokenizer.json `file` where there is one. Returns
  /// what has to be said where the two disagree.
  func change(_ normalizer: inout BertNormalizer, of file: String? = nil) throws -> String? {
    guard let settings else { return nil }
    var told = normalizer
    if let lowercases = try settings.bool("do_lower_case") {
      (told.lowercases, told.stripsAccents) = (lowercases, lowercases)
    }
    told.stripsAccents = try settings.bool("strip_accents") ?? told.stripsAccents
    told.splitsIdeographs = try settings.bool("tokenize_chinese_chars") ?? told.splitsIdeographs
    guard let file, told != normalizer else {
      normalizer = told
      return nil
    }
    let isFile = try yieldsToFile()
    if !isFile { normalizer = told }
    return "\(file) and \(settings.path) disagree on how text is normalised: the \(isFile ? "former" : "latter") is "
      + "followed, as in transformers"
  }

  /// Adds the tokens that stand there and are not known yet. A special token that is one of `pieces` keeps its id.
  func add(to tokens: inout [AddedToken], of pieces: [String]) throws {
    var known = Set(tokens.map(\.content))
    if let decoder = try settings?.optionalMember("added_tokens_decoder") {
      for member in try decoder.members() {
        guard let id = Int(member.key) else {
          throw decoder.failure("added_tokens_decoder has the key '\(member.key)'")
        }
        let token = try TokenizerSettings(
          json: member.value, path: decoder.path, key: "added_tokens_decoder.\(id)"
        ).added(id: id)
        if known.insert(token.content).inserted { tokens.append(token) }
      }
    }
    let names = Set(try specials.map { try $0.content() })
    if let added {
      for member in try added.members() {
        guard let id = member.value.int, (0...1 << 24).contains(id), !member.key.isEmpty else {
          throw added.failure("'\(member.key)' has no id")
        }
        guard known.insert(member.key).inserted else { continue }
        var token = AddedToken(member.key, id: Int32(id))
        token.isSpecial = names.contains(member.key)
        token.isNormalized = !token.isSpecial
        tokens.append(token)
      }
    }
    guard !specials.isEmpty else { return }
    var places = Dictionary(zip(tokens.map(\.content), tokens.indices), uniquingKeysWith: { first, _ in first })
    let ids = Dictionary(zip(pieces, pieces.indices), uniquingKeysWith: { $1 })
    var next = max(pieces.count, (tokens.map { Int($0.id) }.max() ?? 0) + 1)
    for special in specials {
      let content = try special.content()
      if let place = places[content] {
        tokens[place].isSpecial = true
        continue
      }
      places[content] = tokens.count
      tokens.append(try special.special(id: Int32(ids[content] ?? next)))
      if ids[content] == nil { next += 1 }
    }
  }
}
