/// What parser and help see of an option, whatever its type.
protocol OptionDeclaration: AnyObject {
  /// The long name with its dashes, `--vocab`.
  var spelling: String { get }
  /// What stands for the value in the help; nil: the option is a flag.
  var placeholder: String? { get }
  /// What the option does, one line.
  var help: String { get }
  /// The default as the help shows it.
  var defaultText: String? { get }
  /// Every value there is, where they can be listed.
  var choices: [String] { get }
  var isRequired: Bool { get }
  var isRepeatable: Bool { get }
  /// Whether the command line named the option.
  var isGiven: Bool { get }
  /// The values it was given, as they were written.
  var texts: [String] { get }
  /// What the option means alone, in front of `next`; nil: it does not stand alone there, the next word is its value.
  func valueAlone(before next: String?) -> String?
  /// Takes one value (`""` for a flag), or says what it should have been. `asDefault`: it comes from an earlier command
  /// line, and counts where this one does not name the option.
  func accept(_ text: String, asDefault: Bool) -> WrongValue?
}

extension OptionDeclaration {
  func valueAlone(before next: String?) -> String? { nil }

  /// Whether the value is the name of a file or folder, or may be.
  var takesPath: Bool {
    let words = (placeholder ?? "").split { !$0.isLetter }
    return words.contains { ["DIR", "FILE", "FOLDER", "MODEL", "RUN", "SHARDS", "CSV"].contains($0) }
  }

  /// The option as it is written with one of its values.
  func argument(_ text: String) -> String { placeholder == nil || text.isEmpty ? spelling : "\(spelling)=\(text)" }
}

/// Why a value was refused: what it should have been.
struct WrongValue {
  let expectation: String
}

/// An option with a value, `--seed 3` or `--seed=3`. Without an initial value it is required, unless its type is
/// optional or an array; an array is repeatable.
///
///     @Option("--seed", "fixes everything random") var seed = 42
///     @Option("--vocab", value: "FILE", "the vocabulary") var vocab: String
///     @Option("--set", "a hyper-parameter") var settings: [Setting] = []
@propertyWrapper final class Option<Value: OptionValue>: OptionDeclaration {
  let spelling: String
  let help: String
  private(set) var isGiven = false
  private(set) var texts: [String] = []
  private let shownPlaceholder: String
  private let shownDefault: String?
  private let initial: Value?
  private let refuses: (Value) -> String?
  private var value: Value?

  /// An option with a default. `value` and `default` are what the help shows for them.
  init(
    wrappedValue: Value, _ spelling: String, value: String? = nil, default text: String? = nil, _ help: String
  ) {
    (self.spelling, self.help, initial) = (spelling, help, wrappedValue)
    (shownPlaceholder, shownDefault) = (value ?? Value.placeholder, text)
    refuses = { _ in nil }
  }

  /// An option that must be given, or may be left out where the type is optional or an array.
  init(_ spelling: String, value: String? = nil, default text: String? = nil, _ help: String) {
    (self.spelling, self.help, initial) = (spelling, help, Value.emptyValue)
    (shownPlaceholder, shownDefault) = (value ?? Value.placeholder, text)
    refuses = { _ in nil }
  }

  /// A number within bounds.
  init(
    wrappedValue: Value, _ spelling: String, value: String? = nil, in bounds: ClosedRange<Value>, _ help: String
  ) where Value: Comparable {
    (self.spelling, self.help, initial) = (spelling, help, wrappedValue)
    (shownPlaceholder, shownDefault) = (value ?? Value.placeholder, nil)
    refuses = { bounds.contains($0) ? nil : OptionBounds.text(bounds) }
  }

  /// A number within bounds that may be left out; `default` says what happens then.
  init<Number: OptionValue & Comparable>(
    _ spelling: String, value: String? = nil, in bounds: ClosedRange<Number>, default text: String? = nil,
    _ help: String
  ) where Value == Number? {
    (self.spelling, self.help, initial) = (spelling, help, .some(nil))
    (shownPlaceholder, shownDefault) = (value ?? Number.placeholder, text)
    refuses = { $0.map(bounds.contains) ?? true ? nil : OptionBounds.text(bounds) }
  }

  /// The value given, else the default.
  var wrappedValue: Value {
    get {
      guard let value = value ?? initial else { preconditionFailure("\(spelling) is read before it is parsed") }
      return value
    }
    set { value = newValue }
  }
  /// The declaration itself: `$seed.isGiven`.
  var projectedValue: Option<Value> { self }

  var placeholder: String? { shownPlaceholder }
  var defaultText: String? { shownDefault ?? initial?.defaultText }
  var choices: [String] { Value.choices }
  var isRequired: Bool { initial == nil }
  var isRepeatable: Bool { Value.isRepeatable }

  func valueAlone(before next: String?) -> String? { Value.valueAlone(before: next) }

  func accept(_ text: String, asDefault: Bool) -> WrongValue? {
    let goesOn = isGiven || asDefault
    guard let parsed = Value.parse(text, after: goesOn ? value : nil) else {
      return WrongValue(expectation: Value.expectation)
    }
    if let wanted = refuses(parsed) { return WrongValue(expectation: wanted) }
    texts = (goesOn && Value.isRepeatable ? texts : []) + [text]
    (value, isGiven) = (parsed, !asDefault)
    return nil
  }
}

/// An option without a value: given or not.
///
///     @Flag("--json", "prints JSON") var json: Bool
@propertyWrapper final class Flag: OptionDeclaration {
  let spelling: String
  let help: String
  private(set) var isGiven = false
  /// Whether the flag was given.
  var wrappedValue = false

  init(_ spelling: String, _ help: String) { (self.spelling, self.help) = (spelling, help) }

  var placeholder: String? { nil }
  var defaultText: String? { nil }
  var choices: [String] { [] }
  var isRequired: Bool { false }
  var isRepeatable: Bool { false }
  var texts: [String] { wrappedValue ? [""] : [] }
  func valueAlone(before next: String?) -> String? { "" }
  func accept(_ text: String, asDefault: Bool) -> WrongValue? {
    (wrappedValue, isGiven) = (true, !asDefault)
    return nil
  }
}

enum OptionBounds {
  static func text<Number: OptionValue & Comparable>(_ bounds: ClosedRange<Number>) -> String {
    let (low, high) = (bounds.lowerBound.defaultText ?? "", bounds.upperBound.defaultText ?? "")
    return high == String(Int.max) ? "at least \(low)" : "between \(low) and \(high)"
  }
}
