import SubCore
import SubData

/// How a sentence's vector is made of its tokens.
public struct SentenceVectors: Sendable, Equatable {
  /// What of the last block's tokens it is.
  public var pooling: TextPooling
  /// Whether it has length 1.
  public var normalizes = false
  /// Whether the sentence is put into small letters first, whatever the tokenizer does.
  public var lowercases = false
  /// What is put in front of the sentence.
  public var prompt = ""
  /// Tokens of a sentence; nil: as many as the network has positions.
  public var maxLength: Int?
  /// Who says so.
  public var source: String

  /// In a line.
  public var text: String {
    let parts = [
      pooling.rawValue, normalizes ? "of length 1" : nil, maxLength.map { "of up to \($0) tokens" },
      lowercases ? "in small letters" : nil, prompt.isEmpty ? nil : "behind the prompt “\(prompt)”",
    ]
    return "vectors: \(parts.compactMap(\.self).joined(separator: ", ")) (\(source))"
  }

  /// As told.
  init(_ pooling: TextPooling, source: String) { (self.pooling, self.source) = (pooling, source) }

  /// As sentence-transformers notes it beside the weights; nil where nothing of that lies there. Throws for a pooling that
  /// cannot be done, unless `replaced` stands in its place.
  init?(beside folder: String, replaced: TextPooling?) throws {
    func settings(_ name: String) throws -> JSONFields? {
      let place = FileSystem.join(folder, name)
      return FileSystem.kind(place) == .file ? JSONFields(try JSON.read(place), at: place) : nil
    }
    guard let list = try settings("modules.json"), let modules = list.json.array else { return nil }
    func path(_ kind: String) -> String? {
      modules.first { $0["type"]?.string?.hasSuffix(".\(kind)") == true }?["path"]?.string
    }
    self.init(.mean, source: list.place)
    if let known = modules.first(where: { module in
      !["Transformer", "Pooling", "Normalize"].contains { module["type"]?.string?.hasSuffix(".\($0)") == true }
    }) {
      throw InputError(
        "sentences pass through \(known["type"]?.string ?? "a module without a type")", at: list.place,
        cure: "use a model of a transformer, pooling and normalisation")
    }
    normalizes = path("Normalize") != nil
    if let texts = try settings("sentence_bert_config.json") {
      maxLength = try texts.count("max_seq_length", in: 1...1 << 24)
      lowercases = try texts.flag("do_lower_case") ?? false
    }
    prompt = try settings("config_sentence_transformers.json").map(Self.prompt) ?? ""
    if let fields = try path("Pooling").flatMap({ try settings(FileSystem.join($0, "config.json")) }) {
      let modes = Self.modes(fields)
      if modes.count == 1, let known = TextPooling(rawValue: modes[0]) {
        pooling = known
      } else if replaced == nil {
        throw InputError(
          "a pooling of \(modes.joined(separator: " and "))", at: fields.place, cure: "say --pooling mean or cls")
      }
      if !prompt.isEmpty, try fields.flag("include_prompt") == false {
        throw InputError(
          "the prompt “\(prompt)” is to be left out of the pooling (include_prompt), which is not supported",
          at: fields.place, cure: "take default_prompt_name out of config_sentence_transformers.json")
      }
    }
    if let replaced { (pooling, source) = (replaced, "--pooling; \(source)") }
  }

  /// The prompt that is used unless another is asked for.
  private static func prompt(_ fields: JSONFields) throws -> String {
    guard let name = try fields.text("default_prompt_name") else { return "" }
    guard let prompts = fields.member("prompts"), prompts.json[name] != nil else {
      throw fields.failure("default_prompt_name", "is '\(name)', which is none of 'prompts'")
    }
    return try prompts.text(name) ?? ""
  }

  /// What of the tokens is put one behind the other: one name or several, or, as it was written before
  /// sentence-transformers 6, a switch for each. None is the mean.
  private static func modes(_ fields: JSONFields) -> [String] {
    if let given = fields.value("pooling_mode") { return (given.array ?? [given]).map { $0.string ?? $0.text() } }
    let switches = fields.json.object?.members.filter { $0.key.hasPrefix("pooling_mode_") && $0.value.bool == true }
    let names = (switches ?? []).map { member in
      let name = member.key.dropFirst("pooling_mode_".count)
      return String(["_tokens", "_token"].first { name.hasSuffix($0) }.map { name.dropLast($0.count) } ?? name)
    }
    return names.isEmpty ? ["mean"] : names
  }
}
