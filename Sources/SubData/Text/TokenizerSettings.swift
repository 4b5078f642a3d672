import SubCore

/// A JSON object of a tokenizer's files, with errors that name the file and the key.
struct TokenizerSettings {
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
  func elements(_ name: String) throws -> [TokenizerSettings] {
    guard let value = try value(name) else { return [] }
    guard let array = value.array else { throw failure("\(inner(name)) has the wrong type") }
    return array.enumerated().map { TokenizerSettings(json: $1, path: path, key: "\(inner(name))[\($0)]") }
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
  /// A token: a text, or an object with its `content`.
  func token(_ name: String) throws -> String? {
    try value(name).map { try TokenizerSettings(json: $0, path: path, key: inner(name)).content() }
  }
  /// The text of a token that stands here.
  func content() throws -> String {
    guard let text = json.string ?? json["content"]?.string, !text.isEmpty else { throw failure("\(key) is no token") }
    return text
  }
  func number(_ name: String, _ range: ClosedRange<Int>) throws -> Int? {
    guard let value = try value(name) else { return nil }
    guard let number = value.int, range.contains(number) else {
      throw failure("\(inner(name)) is not a whole number from \(range.lowerBound) to \(range.upperBound)")
    }
    return number
  }

  /// A setting that would change ids and is not known here.
  func refusal(_ name: String, _ value: String) -> InputError {
    InputError(
      "\(inner(name)) is \(value), which is not supported", at: path,
      cure: "use a model with BERT's own tokenizer")
  }

  /// A token that was added; `id` is that of its key where the object does not hold one.
  func added(id given: Int? = nil) throws -> AddedToken {
    guard let content = try text("content"), !content.isEmpty,
      let id = try given ?? number("id", 0...1 << 24), (0...1 << 24).contains(id)
    else { throw failure("\(key.isEmpty ? "an added token" : key) has no content or no id") }
    var token = AddedToken(content, id: Int32(id))
    // Whether white space beside it belongs to it has no influence: words are split there anyway.
    (token.isWord, token.isSpecial) = (try bool("single_word") ?? false, try bool("special") ?? false)
    token.isNormalized = try bool("normalized") ?? !token.isSpecial
    return token
  }

  /// A special token that stands here, a text or an object.
  func special(id: Int32) throws -> AddedToken {
    var token = AddedToken(try content(), id: id)
    token.isSpecial = true
    guard json.object != nil else { return token }
    (token.isWord, token.isNormalized) = (try bool("single_word") ?? false, try bool("normalized") ?? false)
    return token
  }

  /// A member that is there and not null.
  private func value(_ name: String) throws -> JSON? {
    _ = try members()
    guard let value = json[name], value != .null else { return Optional<JSON>.none }
    return value
  }
  private func inner(_ name: String) -> String { key.isEmpty ? name : "\(key).\(name)" }
  func failure(_ what: String) -> InputError {
    InputError(what, at: path, cure: "give the file as the model's authors published it")
  }
}
