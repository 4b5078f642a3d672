import SubData

/// A type that an option or argument can have.
protocol OptionValue {
  /// What the help shows in place of a value: `N`, `NUMBER`, `bert|clip`.
  static var placeholder: String { get }
  /// What a wrong value should have been, for the error line: "a whole number".
  static var expectation: String { get }
  /// Every value there is, where they can be listed.
  static var choices: [String] { get }
  /// Whether the option may be left out without a default of its own (`Optional`, `Array`).
  static var emptyValue: Self? { get }
  /// Whether the option may be given more than once.
  static var isRepeatable: Bool { get }
  /// The value that `text` spells after `previous` ones of the same option; nil where it spells none.
  static func parse(_ text: String, after previous: Self?) -> Self?
  /// What an option of the type means where it stands alone in front of `next`; nil: the next word is its value.
  static func valueAlone(before next: String?) -> String?
  /// How the help shows the value as a default; nil: not at all.
  var defaultText: String? { get }
}

extension OptionValue {
  static var choices: [String] { [] }
  static var emptyValue: Self? { nil }
  static var isRepeatable: Bool { false }
  static func valueAlone(before next: String?) -> String? { nil }
}

extension String: OptionValue {
  static var placeholder: String { "TEXT" }
  static var expectation: String { "a text that is not empty" }
  static func parse(_ text: String, after previous: String?) -> String? { text.isEmpty ? nil : text }
  var defaultText: String? { self }
}

extension Int: OptionValue {
  static var placeholder: String { "N" }
  static var expectation: String { "a whole number" }
  static func parse(_ text: String, after previous: Int?) -> Int? { Int(text) }
  var defaultText: String? { String(self) }
}

extension Float: OptionValue {
  static var placeholder: String { "X" }
  static var expectation: String { "a finite number" }
  static func parse(_ text: String, after previous: Float?) -> Float? {
    DecimalText.isDecimal(text) ? Float(text).flatMap { $0.isFinite ? $0 : nil } : nil
  }
  var defaultText: String? { DecimalText.short(description) }
}

extension Double: OptionValue {
  static var placeholder: String { "X" }
  static var expectation: String { "a finite number" }
  static func parse(_ text: String, after previous: Double?) -> Double? {
    DecimalText.isDecimal(text) ? Double(text).flatMap { $0.isFinite ? $0 : nil } : nil
  }
  var defaultText: String? { DecimalText.short(description) }
}

/// A choice: the enumeration's raw values are what is written on the command line.
extension OptionValue where Self: RawRepresentable & CaseIterable, RawValue == String {
  static var placeholder: String { choices.joined(separator: "|") }
  static var expectation: String { "one of \(choices.joined(separator: ", "))" }
  static var choices: [String] { allCases.map(\.rawValue) }
  static func parse(_ text: String, after previous: Self?) -> Self? {
    Spelling.meant(by: text, among: choices).flatMap(Self.init(rawValue:))
  }
  var defaultText: String? { rawValue }
}

extension Optional: OptionValue where Wrapped: OptionValue {
  static var placeholder: String { Wrapped.placeholder }
  static var expectation: String { Wrapped.expectation }
  static var choices: [String] { Wrapped.choices }
  static var emptyValue: Self? { .some(.none) }
  static var isRepeatable: Bool { Wrapped.isRepeatable }
  static func valueAlone(before next: String?) -> String? { Wrapped.valueAlone(before: next) }
  static func parse(_ text: String, after previous: Self?) -> Self? {
    Wrapped.parse(text, after: previous ?? nil).map { .some($0) }
  }
  var defaultText: String? { flatMap(\.defaultText) }
}

/// A repeated option or argument: every occurrence adds an element.
extension Array: OptionValue where Element: OptionValue {
  static var placeholder: String { Element.placeholder }
  static var expectation: String { Element.expectation }
  static var choices: [String] { Element.choices }
  static var emptyValue: [Element]? { [] }
  static var isRepeatable: Bool { true }
  static func parse(_ text: String, after previous: [Element]?) -> [Element]? {
    Element.parse(text, after: nil).map { (previous ?? []) + [$0] }
  }
  var defaultText: String? {
    isEmpty ? nil : compactMap(\.defaultText).joined(separator: ",")
  }
}

/// Numbers as people write them: no hexadecimal, no `nan`, no `inf`, and `1` rather than `1.0`.
enum DecimalText {
  static func isDecimal(_ text: String) -> Bool {
    !text.isEmpty && text.utf8.allSatisfy { "0123456789+-.eE".utf8.contains($0) }
  }
  static func short(_ description: String) -> String {
    description.hasSuffix(".0") ? String(description.dropLast(2)) : description
  }
}
