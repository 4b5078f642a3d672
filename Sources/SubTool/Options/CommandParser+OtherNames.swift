import SubCore
import SubData

/// What other tools' options mean in a line.
extension CommandParser {
  /// What a line says of a command.
  final class Said {
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

  /// The option that a spelling means, ours or another tool's; nil: none of this command's. Throws where it is known to
  /// have no counterpart.
  func meant(
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
  func isPassed(
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
  func implied(
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
  func take(
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
  func settled(_ said: Said) throws -> [(option: any OptionDeclaration, value: String)] {
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

  func checkSoAnyway(_ said: Said) throws {
    for (option, spelling, cure) in said.soAnyway where says(option, said) {
      throw Self.refused(spelling, of: said.type, cure)
    }
  }

  /// Throws where an option counts for each rank in the other tool, and there are several.
  func checkPerRank(_ said: Said, _ command: any Command) throws {
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

  static func refused(_ spelling: String, of type: any Command.Type, _ cure: String) -> InputError {
    InputError("\(spelling) has no counterpart here", at: "masksub \(type.name)", cure: cure, isUsage: true)
  }
}
