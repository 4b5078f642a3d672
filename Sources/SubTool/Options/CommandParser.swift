import SubCore
import SubData

/// Reads a command's arguments into a new value of its type. Every error is an `InputError` with `isUsage`.
struct CommandParser {
  let type: any Command.Type
  let commands: [any Command.Type]

  /// A parser for one command; `commands` are those that it may hold inside.
  init(_ type: any Command.Type, among commands: [any Command.Type] = Tool.commands) {
    (self.type, self.commands) = (type, commands)
  }

  /// Whether the arguments ask for help instead of work.
  static func asksForHelp(_ arguments: [String]) -> Bool {
    arguments.prefix { $0 != "--" }.contains { $0 == "--help" || $0 == "-h" }
  }

  /// Whether the arguments ask for errors alone.
  static func asksForQuiet(_ arguments: [String]) -> Bool {
    arguments.prefix { $0 != "--" }.contains("--quiet")
  }

  /// The command that the arguments (without its name) describe, and those of an earlier line from which they go on.
  func parse(_ arguments: [String]) throws -> any Command {
    let command = type.init()
    let form = CommandForm(of: command)
    let words = try read(arguments, form)
    for (option, value) in words.own.options { try accept(value, by: option) }
    for (option, value) in try settled(words.own) { try accept(value, by: option) }
    try fill(form.arguments, with: words.positionals)
    if let slot = form.inner {
      if let inner = words.inner {
        _ = try CommandParser(inner.type, among: commands).parse(inner.arguments)
        slot.wrappedValue = inner
      } else if slot.isRequired {
        throw missing(slot.name)
      }
    }
    if let earlier = try form.basis?.earlier(for: type) { try follow(earlier, form) }
    try checkSoAnyway(words.own)
    try checkPerRank(words.own, command)
    for option in form.options where option.isRequired && option.texts.isEmpty {
      throw missing("\(option.spelling) \(option.placeholder ?? "")")
    }
    return command
  }

  /// A command line taken apart.
  struct Words {
    let own: Said
    let positionals: [String]
    let inner: InnerCommandLine?
  }

  func read(_ arguments: [String], _ form: CommandForm) throws -> Words {
    let own = Said(type, form)
    var inner: Said?
    var (positionals, innerWords): ([String], [String]) = ([], [])
    var index = 0
    while index < arguments.count {
      let argument = arguments[index]
      index += 1
      if argument == "--" { break }
      guard Self.isOption(argument) else {
        if form.inner != nil, inner == nil {
          let type = try Self.command(named: argument, among: commands)
          inner = Said(type, CommandForm(of: type.init()))
        } else if inner != nil {
          innerWords.append(argument)
        } else {
          positionals.append(argument)
        }
        continue
      }
      let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
      let (spelling, attached) = (parts[0], parts.dropFirst().first)
      let isOurs = [own, inner].contains { $0?.form.named(spelling) != nil }
      let theirs = isOurs ? nil : OtherNames.meaning(of: spelling)
      if let theirs, try isPassed(theirs, spelling, attached, inner ?? own, in: arguments, at: &index) { continue }
      let said: Said
      let option: any OptionDeclaration
      if let meant = try meant(by: spelling, theirs, own) {
        (said, option) = (own, meant)
      } else if let inner, let meant = try meant(by: spelling, theirs, inner) {
        (said, option) = (inner, meant)
      } else {
        throw unknown(spelling, inner ?? own, own.form.options + (inner?.form.options ?? []))
      }
      let text =
        try implied(theirs, in: arguments, at: &index)
        ?? value(of: option, attached: attached, in: arguments, at: &index)
      let value = try take(text, spelling, theirs, as: option, said)
      if said === inner { innerWords.append(option.argument(value)) }
    }
    let rest = arguments[index...]
    guard let inner else { return Words(own: own, positionals: positionals + rest, inner: nil) }
    // What is wrong with them is said when the command inside is parsed.
    for (option, value) in inner.options { _ = option.accept(value, asDefault: false) }
    try checkSoAnyway(inner)
    innerWords += try settled(inner).map { $0.option.argument($0.value) }
    if arguments.contains("--") { innerWords += ["--"] + rest }
    return Words(
      own: own, positionals: positionals, inner: InnerCommandLine(type: inner.type, arguments: innerWords))
  }

  /// The command of that name.
  static func command(named name: String, among commands: [any Command.Type]) throws -> any Command.Type {
    if let type = commands.first(where: { $0.name == name }) { return type }
    throw InputError(
      "there is no command '\(name)'", at: "masksub",
      cure: Suggestion.cure(for: name, in: commands.map { $0.name }, else: "masksub --help lists the commands"),
      isUsage: true)
  }

  /// `-` alone means standard input, and `-1` is a number; everything else behind a dash is an option.
  static func isOption(_ argument: String) -> Bool {
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
    if let alone = option.valueAlone(before: index < arguments.count ? arguments[index] : nil) { return alone }
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
    if let wrong = option.accept(value, asDefault: false) {
      throw refused(value, by: option.spelling, wrong, option.choices)
    }
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
      throw usage(
        "there is an argument too many, '\(extra)'",
        Double(extra) == nil
          ? "quote an argument with spaces, or leave it out"
          : "an option takes one value: join numbers by commas where it takes several, or leave it out")
    }
  }

  func refused(_ value: String, by name: String, _ wrong: WrongValue, _ choices: [String]) -> InputError {
    usage(
      "\(name) cannot be '\(value)'", Suggestion.cure(for: value, in: choices, else: "give \(wrong.expectation)"))
  }

  private func unknown(_ spelling: String, _ said: Said, _ options: [any OptionDeclaration]) -> InputError {
    let theirs = OtherNames.meaning(of: spelling)
    if case .same(_, else: let cure?)? = theirs { return Self.refused(spelling, of: said.type, cure) }
    let own = options.map(\.spelling)
    let names = [OtherNames.dashed(spelling)] + (theirs?.options ?? [])
    let found = commands.compactMap { other in
      names.first { CommandForm(of: other.init()).option($0) != nil }.map { (command: other.name, option: $0) }
    }
    let option = found.first.map { $0.option == OtherNames.dashed(spelling) ? "it" : $0.option } ?? ""
    let cure =
      found.isEmpty
      ? Suggestion.cure(
        for: OtherNames.dashed(spelling), in: own + OtherNames.spellings(of: Set(own)),
        else: "see masksub \(type.name) --help")
      : "leave it out; \(found.map(\.command).joined(separator: ", ")) \(found.count == 1 ? "has" : "have") \(option)"
    return usage("there is no option \(spelling)", cure)
  }

  private func missing(_ what: String) -> InputError {
    usage("\(what.trimmed) is missing", "add it; see masksub \(type.name) --help")
  }

  func usage(_ what: String, _ cure: String) -> InputError {
    InputError(what, at: "masksub \(type.name)", cure: cure, isUsage: true)
  }
}
