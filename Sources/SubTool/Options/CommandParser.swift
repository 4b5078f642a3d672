import SubCore

/// Reads a command's arguments into a new value of its type. Every error is an `InputError` with `isUsage`.
package struct CommandParser {
  private let type: any Command.Type
  private let commands: [any Command.Type]

  /// A parser for one command; `commands` are those that it may hold inside.
  package init(_ type: any Command.Type, among commands: [any Command.Type] = Tool.commands) {
    (self.type, self.commands) = (type, commands)
  }

  /// Whether the arguments ask for help instead of work.
  package static func asksForHelp(_ arguments: [String]) -> Bool {
    arguments.prefix { $0 != "--" }.contains { $0 == "--help" || $0 == "-h" }
  }

  /// The command that the arguments (without its name) describe.
  package func parse(_ arguments: [String]) throws -> any Command {
    let command = type.init()
    let form = CommandForm(of: command)
    var inner: (type: any Command.Type, form: CommandForm, arguments: [String])?
    var positionals: [String] = []
    var index = 0
    while index < arguments.count {
      let argument = arguments[index]
      index += 1
      if argument == "--" {
        let rest = arguments[index...]
        if inner != nil { inner!.arguments += ["--"] + rest } else { positionals += rest }
        break
      }
      guard isOption(argument) else {
        if form.inner != nil, inner == nil {
          let innerType = try Self.command(named: argument, among: commands)
          inner = (innerType, CommandForm(of: innerType.init()), [])
        } else if inner != nil {
          inner!.arguments.append(argument)
        } else {
          positionals.append(argument)
        }
        continue
      }
      let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
      let spelling = parts[0]
      let own = form.option(spelling)
      guard let option = own ?? inner?.form.option(spelling) else {
        throw unknown(spelling, form.options + (inner?.form.options ?? []))
      }
      let value = try value(of: option, attached: parts.dropFirst().first, in: arguments, at: &index)
      if own != nil {
        try accept(value, by: option)
      } else {
        inner!.arguments.append(option.placeholder == nil ? spelling : "\(spelling)=\(value)")
      }
    }
    try fill(form.arguments, with: positionals)
    if let slot = form.inner {
      guard let inner else { throw missing(slot.name) }
      _ = try CommandParser(inner.type, among: commands).parse(inner.arguments)
      slot.wrappedValue = InnerCommandLine(type: inner.type, arguments: inner.arguments)
    }
    for option in form.options where option.isRequired && !option.isGiven {
      throw missing("\(option.spelling) \(option.placeholder ?? "")")
    }
    return command
  }

  /// The command of that name.
  package static func command(named name: String, among commands: [any Command.Type]) throws -> any Command.Type {
    if let type = commands.first(where: { $0.name == name }) { return type }
    let suggestion = Suggestion.nearest(to: name, in: commands.map { $0.name })
    throw InputError(
      "there is no command '\(name)'", at: "masksub",
      cure: suggestion.map { "did you mean '\($0)'?" } ?? "masksub --help lists the commands", isUsage: true)
  }

  /// `-` alone means standard input, and `-1` is a number; everything else behind a dash is an option.
  private func isOption(_ argument: String) -> Bool {
    argument.hasPrefix("-") && argument != "-" && Double(argument) == nil
  }

  private func value(
    of option: any OptionDeclaration, attached: String?, in arguments: [String], at index: inout Int
  ) throws -> String {
    if option.placeholder == nil {
      guard attached == nil else { throw usage("\(option.spelling) takes no value", "write \(option.spelling) alone") }
      return ""
    }
    if let attached { return attached }
    guard index < arguments.count, !arguments[index].hasPrefix("--") else {
      throw usage("\(option.spelling) has no value", "write \(option.spelling)=\(option.placeholder ?? "")")
    }
    index += 1
    return arguments[index - 1]
  }

  private func accept(_ value: String, by option: any OptionDeclaration) throws {
    if option.isGiven && !option.isRepeatable {
      throw usage("\(option.spelling) is given twice", "give it once")
    }
    if let wrong = option.accept(value) { throw refused(value, by: option.spelling, wrong, option.choices) }
  }

  private func fill(_ declared: [any ArgumentDeclaration], with values: [String]) throws {
    var values = values[...]
    for argument in declared {
      repeat {
        guard let value = values.popFirst() else { break }
        if let wrong = argument.accept(value) { throw refused(value, by: argument.name, wrong, argument.choices) }
      } while argument.isRepeatable
      if argument.isRequired && !argument.isGiven { throw missing(argument.name) }
    }
    if let extra = values.first {
      throw usage("there is an argument too many, '\(extra)'", "quote an argument with spaces, or leave it out")
    }
  }

  private func refused(_ value: String, by name: String, _ wrong: WrongValue, _ choices: [String]) -> InputError {
    let nearest = Suggestion.nearest(to: value, in: choices).map { "; did you mean '\($0)'?" } ?? ""
    return usage("\(name) cannot be '\(value)'", "give \(wrong.expectation)\(nearest)")
  }

  private func unknown(_ spelling: String, _ options: [any OptionDeclaration]) -> InputError {
    let nearest = Suggestion.nearest(to: spelling, in: options.map(\.spelling) + ["--help"])
    return usage(
      "there is no option \(spelling)", nearest.map { "did you mean \($0)?" } ?? "see masksub \(type.name) --help")
  }

  private func missing(_ what: String) -> InputError {
    usage("\(what.trimmed) is missing", "add it; see masksub \(type.name) --help")
  }

  private func usage(_ what: String, _ cure: String) -> InputError {
    InputError(what, at: "masksub \(type.name)", cure: cure, isUsage: true)
  }
}

extension String {
  /// The text without spaces at either end.
  var trimmed: String {
    var text = self[...]
    while text.first == " " { text.removeFirst() }
    while text.last == " " { text.removeLast() }
    return String(text)
  }
}
