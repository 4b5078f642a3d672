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

  /// What a line says of a command.
  private final class Said {
    let type: any Command.Type
    let form: CommandForm
    var options: [(option: any OptionDeclaration, value: String)] = []
    /// Options that hold where the line does not give them; `only`: what to give where it does.
    var standing: [(option: any OptionDeclaration, value: String, spelling: String, only: String?)] = []
    /// Options of other tools that ask for what is so where no option of ours says otherwise, with what else does the same.
    var soAnyway: [(unless: any OptionDeclaration, spelling: String, cure: String)] = []
    /// Options of other tools that count for each rank.
    var perRank: [(option: any OptionDeclaration, value: String, spelling: String)] = []

    init(_ type: any Command.Type, _ form: CommandForm) { (self.type, self.form) = (type, form) }
  }

  /// A command line taken apart.
  private struct Words {
    let own: Said
    let positionals: [String]
    let inner: InnerCommandLine?
  }

  private func read(_ arguments: [String], _ form: CommandForm) throws -> Words {
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

  /// The option that a spelling means, ours or another tool's; nil: none of this command's. Throws where it is known to
  /// have no counterpart.
  private func meant(
    by spelling: String, _ theirs: OtherNames.Meaning?, _ said: Said
  ) throws -> (any OptionDeclaration)? {
    switch theirs {
    case nil: return said.form.named(spelling)
    case .refused(let cure), .refusedYes(let cure): throw Self.refused(spelling, of: said.type, cure)
    case .sameIn(let command, let name, else: let cure):
      guard let option = said.form.option(name) else { return nil }
      guard said.type.name == command else { throw Self.refused(spelling, of: said.type, cure) }
      return option
    case .same, .perRank, .value, .side, .already: return theirs?.options.lazy.compactMap { said.form.option($0) }.first
    }
  }

  /// Whether an option of another tool's says nothing here, its value taken: a yes or no that is no, or a wish for what is
  /// so anyway. Throws where it wishes for something else.
  private func isPassed(
    _ theirs: OtherNames.Meaning, _ spelling: String, _ attached: String?, _ said: Said, in arguments: [String],
    at index: inout Int
  ) throws -> Bool {
    if theirs.isFlag { return try !isYes(spelling, attached, in: arguments, at: &index) }
    guard case .already(let values, else: let cure, of: let name, butIn: let other) = theirs else { return false }
    let option = name.flatMap { said.form.option($0) }
    guard name == nil || option != nil else { return false }
    let word = attached ?? (index < arguments.count ? arguments[index] : "")
    let isSo = values.contains { $0 == word || Double($0) != nil && Double($0) == Double(word) }
    guard isSo, said.type.name != other else { throw Self.refused(spelling, of: said.type, cure) }
    if attached == nil { index += 1 }
    if let option { said.soAnyway.append((option, spelling, cure)) }
    return true
  }

  /// A yes or no as transformers reads it: `--bf16`, `--bf16 True`, `--bf16=no`.
  private func isYes(
    _ spelling: String, _ attached: String?, in arguments: [String], at index: inout Int
  ) throws -> Bool {
    if let attached {
      guard let isYes = Spelling.truth(attached) else {
        throw usage("\(spelling) cannot be '\(attached)'", "give true or false, or write it alone")
      }
      return isYes
    }
    guard index < arguments.count, let isYes = Spelling.truth(arguments[index]) else { return true }
    index += 1
    return isYes
  }

  /// The value that another tool's option has by itself, or the side of the images that timm's `--input-size 3 224 224` and
  /// open_clip's `--force-image-size 224 224` name; nil: it is as the line says.
  private func implied(
    _ theirs: OtherNames.Meaning?, in arguments: [String], at index: inout Int
  ) throws -> String? {
    if case .value(_, let value)? = theirs { return value }
    let numbers = arguments[index...].prefix { Int($0) != nil }
    guard case .side(let own)? = theirs, [2, 3].contains(numbers.count), let side = numbers.last else { return nil }
    let isSquare = numbers.suffix(2).allSatisfy { $0 == side }
    guard isSquare, numbers.count == 2 || numbers.first == "3" else {
      throw usage("images are squares of 3 channels here", "write \(own) \(side)")
    }
    index += numbers.count
    return side
  }

  /// Takes the value of an option, which may be another tool's word, with what that says besides. The value.
  private func take(
    _ text: String, _ spelling: String, _ theirs: OtherNames.Meaning?, as option: any OptionDeclaration, _ said: Said
  ) throws -> String {
    var value = text
    switch OtherNames.word(text, behind: spelling, of: option.spelling) {
    case .value(let word): value = word
    case .with(let word, let others, let only):
      value = word
      for (name, value) in others.sorted(by: { $0.key < $1.key }) {
        guard let other = said.form.option(name) else { continue }
        said.standing.append((other, value, "\(spelling) \(text)", only))
      }
    case .refused(let cure): throw usage("\(option.spelling) cannot be '\(text)'", cure)
    }
    said.options.append((option, value))
    if case .perRank? = theirs { said.perRank.append((option, value, spelling)) }
    return value
  }

  /// What holds since the line says nothing else. Throws where it does, and the other tool would not hear it.
  private func settled(_ said: Said) throws -> [(option: any OptionDeclaration, value: String)] {
    var settings: [(option: any OptionDeclaration, value: String)] = []
    for (option, value, words, only) in said.standing {
      guard says(option, said) else {
        settings.append((option, value))
        continue
      }
      if let only, option.texts.last != value {
        throw Self.refused("\(words) with \(option.spelling)", of: said.type, only)
      }
    }
    return settings
  }

  private func checkSoAnyway(_ said: Said) throws {
    for (option, spelling, cure) in said.soAnyway where says(option, said) {
      throw Self.refused(spelling, of: said.type, cure)
    }
  }

  /// Throws where an option counts for each rank in the other tool, and there are several.
  private func checkPerRank(_ said: Said, _ command: any Command) throws {
    let count = (command as? any RankedCommand)?.ranks.count ?? MPI.launched?.count ?? 1
    for (option, value, spelling) in said.perRank where count > 1 {
      let all = Int(value).map { "\($0 * count)" } ?? "the sum"
      throw usage(
        "\(spelling) \(value) counts for each of \(count) ranks",
        "give \(option.spelling) \(all), which they share here")
    }
  }

  /// Whether a line, or what it goes on from, gives a hyper-parameter, by its option or with `--set`.
  private func says(_ option: any OptionDeclaration, _ said: Said) -> Bool {
    guard option.texts.isEmpty, let key = (option as? FieldOption)?.key else { return !option.texts.isEmpty }
    return (said.form.option("--set")?.texts ?? []).contains { text in
      let name = text.prefix { $0 != "=" }
      return name == key || key.hasSuffix(".\(name)") || "--\(name)" == option.spelling
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
      for (their, value) in words.own.options where their.spelling == theirs {
        let value = earlier.value(value, of: their)
        if let wrong = option.accept(value, asDefault: true) {
          throw refused(value, by: "\(own) of \(earlier.place)", wrong, option.choices)
        }
      }
    }
    if let followed = earlier.followed {
      for (own, theirs) in followed {
        let named = theirs.first { name in words.own.options.contains { $0.option.spelling == name } }
        if let named { try take(own, from: named) }
      }
    } else {
      for spelling in Set(words.own.options.map(\.option.spelling)).subtracting(EarlierLine.omitted) {
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
      throw usage(
        "there is an argument too many, '\(extra)'",
        Double(extra) == nil
          ? "quote an argument with spaces, or leave it out"
          : "an option takes one value: join numbers by commas where it takes several, or leave it out")
    }
  }

  private func refused(_ value: String, by name: String, _ wrong: WrongValue, _ choices: [String]) -> InputError {
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

  private func usage(_ what: String, _ cure: String) -> InputError {
    InputError(what, at: "masksub \(type.name)", cure: cure, isUsage: true)
  }
}
