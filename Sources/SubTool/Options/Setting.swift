/// A hyper-parameter of a recipe from the command line, `--set KEY=VALUE`.
struct Setting: OptionValue, Sendable, Equatable {
  /// The name, in front of the first `=`.
  let key: String
  /// The text behind it; the recipe knows its type.
  let value: String

  static var placeholder: String { "KEY=VALUE" }
  static var expectation: String { "KEY=VALUE" }
  static func parse(_ text: String, after previous: Setting?) -> Setting? {
    let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty else { return nil }
    return Setting(key: String(parts[0]), value: String(parts[1]))
  }
  var defaultText: String? { "\(key)=\(value)" }
}
