import SubCore
import SubData

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

  /// Whether the arguments ask for errors alone.
  package static func asksForQuiet(_ arguments: [String]) -> Bool {
    arguments.prefix { $0 != "--" }.contains("--quiet")
  }

  /// The command that the arguments (without its name) describe, and those of an earlier line from which they go on.
  package func parse(_ arguments: [String]) throws -> any Command {
    let command = type.init()
    let form = CommandForm(of: command)
    let words = try read(arguments, form)
    for (option, value) in words.options { try accept(value, by: option) }
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
    if let (spelling, cure) = words.soAnyway.first, saysSchedule(form, words.inner) {
      throw Self.refused(spelling, of: type, cure)
    }
    for option in form.options where option.isRequired && option.texts.isEmpty {
      throw missing("\(option.spelling) \(option.placeholder ?? "")")
    }
    return command
  }

  /// A command line taken apart.
  private struct Words {
    var options: [(option: any OptionDeclaration, value: String)] = []
    var positionals: [String] = []
    var inner: InnerCommandLine?
    /// Options of other tools that ask for what is so anyway, with what else does the same.
    var soAnyway: [(spelling: String, cure: String)] = []
  }

  private func read(_ arguments: [String], _ form: CommandForm) throws -> Words {
    var words = Words()
    var inner: (type: any Command.Type, form: CommandForm, arguments: [String])?
    var index = 0
    while index < arguments.count {
      let argument = arguments[index]
      index += 1
      if argument == "--" {
        let rest = arguments[index...]
        if inner != nil { inner!.arguments += ["--"] + rest } else { words.positionals += rest }
        break
      }
      guard Self.isOption(argument) else {
        if form.inner != nil, inner == nil {
          let innerType = try Self.command(named: argument, among: commands)
          inner = (innerType, CommandForm(of: innerType.init()), [])
        } else if inner != nil {
          inner!.arguments.append(argument)
        } else {
          words.positionals.append(argument)
        }
        continue
      }
      let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
      let spelling = parts[0]
      let (command, options) = inner.map { ($0.type, $0.form) } ?? (type, form)
      if let cure = try cureIfSoAnyway(
        spelling, parts.dropFirst().first, options, of: command, in: arguments, at: &index)
      {
        words.soAnyway.append((spelling, cure))
        continue
      }
      let own = try meant(by: spelling, form, of: type)
      guard let (option, implied) = try own ?? inner.flatMap({ try meant(by: spelling, $0.form, of: $0.type) }) else {
        throw unknown(spelling, form.options + (inner?.form.options ?? []))
      }
      let value =
        try implied ?? side(of: spelling, in: arguments, at: &index)
        ?? value(of: option, attached: parts.dropFirst().first, in: arguments, at: &index)
      if own != nil {
        words.options.append((option, OtherNames.value(value, of: option.spelling)))
      } else {
        inner!.arguments.append(option.argument(value))
      }
    }
    words.inner = inner.map { InnerCommandLine(type: $0.type, arguments: $0.arguments) }
    return words
  }

  /// The option that a spelling means, ours or another tool's, with the value that it implies there; nil: none of this
  /// command's. Throws where it is known to have no counterpart.
  private func meant(
    by spelling: String, _ form: CommandForm, of type: any Command.Type
  ) throws -> (option: any OptionDeclaration, value: String?)? {
    let dashed = OtherNames.dashed(spelling)
    if let option = form.option(spelling) ?? form.option(dashed) ?? form.field(dashed) { return (option, nil) }
    func refused(_ cure: String) -> InputError { Self.refused(spelling, of: type, cure) }
    switch OtherNames.meaning(of: spelling) {
    case .same(let names): return names.lazy.compactMap(form.option).first.map { ($0, nil) }
    case .value(let name, let value): return form.option(name).map { ($0, value) }
    case .side(let name): return form.option(name).map { ($0, nil) }
    case .sameIn(let command, let name, let cure):
      guard let option = form.option(name) else { return nil }
      if type.name == command { return (option, nil) }
      throw refused(cure)
    case .refused(let cure): throw refused(cure)
    case .already, nil: return nil
    }
  }

  /// Takes an option of another tool's that asks for what is so here without it, with its value; the cure of what asks for
  /// something else, which is thrown. Nil: it is none of them.
  private func cureIfSoAnyway(
    _ spelling: String, _ attached: String?, _ form: CommandForm, of type: any Command.Type, in arguments: [String],
    at index: inout Int
  ) throws -> String? {
    guard case .already(let value, let option, let other, let cure)? = OtherNames.meaning(of: spelling),
      form.option(option) != nil
    else { return nil }
    let said = attached ?? (index < arguments.count ? arguments[index] : "")
    guard said == value, type.name != other else { throw Self.refused(spelling, of: type, cure) }
    if attached == nil { index += 1 }
    return cure
  }

  /// The side of the images that timm's `--input-size 3 224 224` names; nil: it is no such option, or has one number.
  private func side(of spelling: String, in arguments: [String], at index: inout Int) throws -> String? {
    let numbers = arguments[index...].prefix { Int($0) != nil }
    guard case .side(let own)? = OtherNames.meaning(of: spelling), numbers.count == 3 else { return nil }
    let (channels, height, width) = (numbers[index], numbers[index + 1], numbers[index + 2])
    guard channels == "3", height == width else {
      throw usage("images are squares of 3 channels here", "write \(own) \(height)")
    }
    index += 3
    return height
  }

  /// Whether a line, or what it goes on from, has a schedule of its own.
  private func saysSchedule(_ form: CommandForm, _ inner: InnerCommandLine?) -> Bool {
    let set = form.option("--set")?.texts ?? []
    return form.option("--schedule")?.texts.isEmpty == false
      || (set + (inner?.arguments ?? [])).contains { text in
        ["schedule=", "schedule.form=", "--schedule"].contains { text.hasPrefix($0) }
      }
  }

  private static func refused(_ spelling: String, of type: any Command.Type, _ cure: String) -> InputError {
    InputError("\(spelling) has no counterpart here", at: "masksub \(type.name)", cure: cure, isUsage: true)
  }

  /// Takes what an earlier line says where this one says nothing.
  private func follow(_ earlier: EarlierLine, _ form: CommandForm) throws {
    let type = try Self.command(named: earlier.command, among: commands)
    let words = try CommandParser(type, among: commands).read(earlier.arguments, CommandForm(of: type.init()))
    func take(_ own: String, from theirs: String) throws {
      guard let option = form.option(own), !option.isGiven else { return }
      for (their, value) in words.options where their.spelling == theirs {
        let value = earlier.value(value, of: their)
        if let wrong = option.accept(value, asDefault: true) {
          throw refused(value, by: "\(own) of \(earlier.place)", wrong, option.choices)
        }
      }
    }
    if let followed = earlier.followed {
      for (own, theirs) in followed {
        let named = theirs.first { name in words.options.contains { $0.option.spelling == name } }
        if let named { try take(own, from: named) }
      }
    } else {
      for spelling in Set(words.options.map(\.option.spelling)).subtracting(EarlierLine.omitted) {
        try take(spelling, from: spelling)
      }
    }
  }

  /// The command of that name.
  package static func command(named name: String, among commands: [any Command.Type]) throws -> any Command.Type {
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
      throw usage("there is an argument too many, '\(extra)'", "quote an argument with spaces, or leave it out")
    }
  }

  private func refused(_ value: String, by name: String, _ wrong: WrongValue, _ choices: [String]) -> InputError {
    usage(
      "\(name) cannot be '\(value)'", Suggestion.cure(for: value, in: choices, else: "give \(wrong.expectation)"))
  }

  private func unknown(_ spelling: String, _ options: [any OptionDeclaration]) -> InputError {
    let own = options.map(\.spelling)
    let others = commands.filter { other in CommandForm(of: other.init()).option(OtherNames.dashed(spelling)) != nil }
    let cure =
      others.isEmpty
      ? Suggestion.cure(
        for: OtherNames.dashed(spelling), in: own + OtherNames.spellings(of: Set(own)),
        else: "see masksub \(type.name) --help")
      : "leave it out; \(others.map { $0.name }.joined(separator: ", ")) \(others.count == 1 ? "has" : "have") it"
    return usage("there is no option \(spelling)", cure)
  }

  private func missing(_ what: String) -> InputError {
    usage("\(what.trimmed) is missing", "add it; see masksub \(type.name) --help")
  }

  private func usage(_ what: String, _ cure: String) -> InputError {
    InputError(what, at: "masksub \(type.name)", cure: cure, isUsage: true)
  }
}
