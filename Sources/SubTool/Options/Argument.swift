/// What parser and help see of a positional argument.
protocol ArgumentDeclaration: AnyObject {
  var name: String { get }
  var help: String { get }
  var choices: [String] { get }
  var isRequired: Bool { get }
  var isRepeatable: Bool { get }
  var isGiven: Bool { get }
  func accept(_ text: String) -> WrongValue?
}

/// A positional argument; the last one may be an array and take all that are left.
///
///     @Argument("FILE", "the file to look into") var file: String
@propertyWrapper final class Argument<Value: OptionValue>: ArgumentDeclaration {
  let name: String
  let help: String
  private(set) var isGiven = false
  private var value: Value?

  /// An argument that must be given, or may be left out where the type is optional or an array.
  init(_ name: String, _ help: String) { (self.name, self.help, value) = (name, help, Value.emptyValue) }

  /// The value given, nil or empty where none was.
  var wrappedValue: Value {
    get {
      guard let value else { preconditionFailure("\(name) is read before it is parsed") }
      return value
    }
    set { value = newValue }
  }

  /// The declaration itself: `$file.isGiven`.
  var projectedValue: Argument<Value> { self }

  var choices: [String] { Value.choices }
  var isRequired: Bool { Value.emptyValue == nil }
  var isRepeatable: Bool { Value.isRepeatable }
  func accept(_ text: String) -> WrongValue? {
    guard let parsed = Value.parse(text, after: value) else { return WrongValue(expectation: Value.expectation) }
    (value, isGiven) = (parsed, true)
    return nil
  }
}

/// Another command with its own options, as `compare glue --task cola` has one. Options that the outer command does
/// not know itself are read as the inner one's; the inner command line is checked as if it had been written alone.
@propertyWrapper final class InnerCommand {
  let name: String
  let help: String
  /// Whether it must be there.
  let isRequired: Bool
  private var line: InnerCommandLine?

  init(_ name: String, _ help: String, isRequired: Bool = true) {
    (self.name, self.help, self.isRequired) = (name, help, isRequired)
  }

  /// Whether the command line names a command.
  var isGiven: Bool { line != nil }
  /// The declaration itself: `$inner.isGiven`.
  var projectedValue: InnerCommand { self }

  var wrappedValue: InnerCommandLine {
    get {
      guard let line else { preconditionFailure("\(name) is read before it is parsed") }
      return line
    }
    set { line = newValue }
  }
}

/// A command and its arguments, checked but not run.
struct InnerCommandLine {
  /// The command's type.
  let type: any Command.Type
  /// The arguments behind its name, in order.
  let arguments: [String]

  /// What an option was given; "" for a flag; nil: it was not.
  func value(of spelling: String) -> String? {
    options.lazy.compactMap { argument in
      argument == spelling
        ? "" : argument.hasPrefix(spelling + "=") ? String(argument.dropFirst(spelling.count + 1)) : nil
    }.first
  }

  /// The arguments but for some options.
  func arguments(without spellings: [String]) -> [String] {
    options.filter { argument in !spellings.contains { argument == $0 || argument.hasPrefix($0 + "=") } }
      + arguments.dropFirst(options.count)
  }

  /// What stands in front of `--`: the parser keeps an option and its value in one piece.
  private var options: ArraySlice<String> { arguments.prefix { $0 != "--" } }
}
