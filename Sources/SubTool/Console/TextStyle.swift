/// Escape sequences where the stream is a terminal that wants them, nothing elsewhere.
struct TextStyle: Sendable {
  /// Whether anything is added at all.
  let isColoured: Bool

  /// Headings.
  func bold(_ text: String) -> String { wrap(text, "1") }
  /// The word "error".
  func red(_ text: String) -> String { wrap(text, "1;31") }
  /// What is fine.
  func green(_ text: String) -> String { wrap(text, "32") }
  /// What matters less.
  func faint(_ text: String) -> String { wrap(text, "2") }

  private func wrap(_ text: String, _ code: String) -> String { isColoured ? "\u{1b}[\(code)m\(text)\u{1b}[0m" : text }
}
