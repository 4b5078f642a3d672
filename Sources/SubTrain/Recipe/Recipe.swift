import Foundation
import SubCore
public import SubData

/// The hyper-parameters of a kind of run: a value with a name, a page of text, and fields that `--set` can change.
public protocol Recipe: Codable, Sendable {
  /// What `--recipe` and `recipes show` know it by.
  var name: String { get }
}

extension Recipe {
  /// All hyper-parameters, names in snake_case.
  public func json() throws -> JSON {
    let encoder = JSONEncoder()
    encoder.keyEncodingStrategy = .convertToSnakeCase
    encoder.outputFormatting = [.sortedKeys]
    return try JSON.parse(String(decoding: encoder.encode(self), as: UTF8.self), at: name)
  }

  /// The recipe with `KEY=VALUE` settings applied; keys are paths with dots. An unknown key or a value of another type is
  /// an error that names what there is.
  public func with(_ settings: [(key: String, value: String)]) throws -> Self {
    guard !settings.isEmpty else { return self }
    var tree = try json()
    var changed = self
    for (key, value) in settings {
      try tree.set(key.split(separator: ".").map(String.init), to: value, key: key)
      do {
        changed = try Self.decoded(tree)
      } catch {
        throw InputError(
          "the recipe does not take this", at: "--set \(key)=\(value)",
          cure: "masksub recipes show \(name) lists what there is", isUsage: true)
      }
    }
    return changed
  }

  /// The recipe that `json()` wrote into a run's configuration. What that version of the program did not know yet is as
  /// in this one.
  public func restored(from stored: JSON, at place: String) throws -> Self {
    var members = try json().object ?? JSON.Object()
    for member in stored.object?.members ?? [] { members[member.key] = member.value }
    do { return try Self.decoded(.object(members)) } catch {
      throw InputError("the run's recipe cannot be read", at: place, cure: "take config.json from the run again")
    }
  }

  /// Throws a usage error for a hyper-parameter that no run can have.
  public func require(_ isRight: Bool, _ key: String, _ value: some Any, _ wanted: String) throws {
    guard !isRight else { return }
    throw InputError("\(value) is not \(wanted)", at: "--set \(key)", cure: "give \(wanted)", isUsage: true)
  }

  /// `require` for whole numbers in a range.
  public func require(_ key: String, _ value: Int, in range: ClosedRange<Int>) throws {
    try require(range.contains(value), key, value, "a whole number from \(range.lowerBound) to \(range.upperBound)")
  }

  private static func decoded(_ json: JSON) throws -> Self {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    return try decoder.decode(Self.self, from: Data(json.bytes()))
  }
}

extension JSON {
  /// Replaces the value at an existing path by a text of the same type.
  fileprivate mutating func set(_ path: [String], to text: String, key: String) throws {
    guard var members = object, let first = path.first, let old = members[first] else {
      let names = object?.keys.joined(separator: ", ") ?? "none"
      throw InputError(
        "there is no hyper-parameter '\(key)'", at: "--set", cure: "use one of \(names)", isUsage: true)
    }
    if path.count > 1 {
      var child = old
      try child.set(Array(path.dropFirst()), to: text, key: key)
      members[first] = child
    } else {
      members[first] = try old.replacement(text, key: key)
    }
    self = .object(members)
  }

  private func replacement(_ text: String, key: String) throws -> JSON {
    func wrong(_ wanted: String) -> InputError {
      InputError("'\(text)' is not \(wanted)", at: "--set \(key)", cure: "give \(wanted)", isUsage: true)
    }
    switch self {
    case .bool:
      guard text == "true" || text == "false" else { throw wrong("true or false") }
      return .bool(text == "true")
    case .integer, .number:
      if let whole = Int64(text) { return .integer(whole) }
      guard let number = Double(text), number.isFinite else { throw wrong("a number") }
      return .number(number)
    case .string, .null: return .string(text)
    case .array, .object: return try JSON.parse(text, at: "--set \(key)")
    }
  }
}
