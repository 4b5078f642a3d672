/// The value of an option that may stand alone, `--resume` or `--resume RUN`.
package struct OptionalWord: OptionValue {
  /// The word; nil: the option stands alone.
  let text: String?

  package static var placeholder: String { "[TEXT]" }
  package static var expectation: String { "a text, or nothing" }
  package static func valueAlone(before next: String?) -> String? {
    next.map(CommandParser.isOption) ?? true ? "" : nil
  }
  package static func parse(_ text: String, after previous: OptionalWord?) -> OptionalWord? {
    OptionalWord(text: text.isEmpty ? nil : text)
  }
  package var defaultText: String? { nil }
}
