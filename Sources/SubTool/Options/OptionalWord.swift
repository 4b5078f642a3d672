/// The value of an option that may stand alone, `--resume` or `--resume RUN`.
struct OptionalWord: OptionValue {
  /// The word; nil: the option stands alone.
  let text: String?

  static var placeholder: String { "[TEXT]" }
  static var expectation: String { "a text, or nothing" }
  static func valueAlone(before next: String?) -> String? {
    next.map(CommandParser.isOption) ?? true ? "" : nil
  }
  static func parse(_ text: String, after previous: OptionalWord?) -> OptionalWord? {
    OptionalWord(text: text.isEmpty ? nil : text)
  }
  var defaultText: String? { nil }
}
