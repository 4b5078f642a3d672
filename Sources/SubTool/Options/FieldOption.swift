import SubData
import SubTrain

/// A hyper-parameter of a recipe as an option: `optimizer.lr` is `--lr`.
final class FieldOption: OptionDeclaration {
  /// The field's full name.
  let key: String
  /// The field's last part where the command has no other option of that name, else `fullSpelling`.
  private(set) var spelling: String
  /// `--optimizer-lr`, which is understood too.
  let fullSpelling: String
  let help: String
  private(set) var isGiven = false
  private(set) var texts: [String] = []
  private let allowed: Allowed

  init<Root>(_ field: Field<Root>) {
    (key, spelling, allowed) = (field.key, Self.spelling(of: field.key), field.allowed)
    fullSpelling = "--" + field.key.replacing(".", with: "-").replacing("_", with: "-")
    help = Self.isLong(field.allowed) ? field.meaning : Self.help(field)
  }

  /// Gives the short name up to another option of the command.
  func spellOut() { spelling = fullSpelling }

  /// A key's last part with dashes; what a group's `name` or `form` says has the name of the group.
  private static func spelling(of key: String) -> String {
    let parts = key.split(separator: ".")
    let word = ["name", "form"].contains(parts.last) ? parts.first : parts.last
    return "--" + (word ?? "").replacing("_", with: "-")
  }

  /// Whether the values are too many for a page of help.
  private static func isLong(_ allowed: Allowed) -> Bool {
    if case .choice(let words) = allowed { words.count > 12 } else { false }
  }

  private static func help<Root>(_ field: Field<Root>) -> String {
    switch field.allowed {
    case .truth, .choice: field.meaning
    case .whole, .number, .text: "\(field.meaning) (\(field.allowed.brief))"
    }
  }

  var placeholder: String? {
    switch allowed {
    case .truth: "true|false"
    case .whole: "N"
    case .number: "X"
    case .choice(let words): Self.isLong(allowed) ? "NAME" : words.joined(separator: "|")
    case .text: "TEXT"
    }
  }
  var defaultText: String? { nil }
  var choices: [String] {
    switch allowed {
    case .truth: ["true", "false"]
    case .choice(let words): words
    case .whole, .number, .text: []
    }
  }
  var isRequired: Bool { false }
  var isRepeatable: Bool { false }

  /// A yes or no that stands alone is a yes.
  func valueAlone(before next: String?) -> String? {
    guard allowed == .truth else { return nil }
    return next.flatMap(Spelling.truth) == nil ? "true" : nil
  }

  func accept(_ text: String, asDefault: Bool) -> WrongValue? {
    let text = allowed == .truth ? Spelling.truth(text).map { "\($0)" } ?? text : text
    guard let value = allowed.value(of: text), allowed.contains(value) else {
      return WrongValue(expectation: Self.isLong(allowed) ? "a name that masksub recipes show lists" : allowed.noun)
    }
    (texts, isGiven) = ([text], !asDefault)
    return nil
  }
}
