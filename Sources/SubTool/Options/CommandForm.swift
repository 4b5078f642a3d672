/// Options under one heading of the help, kept as a stored property of a command: `let run = RunOptions()`.
protocol OptionGroup {
  /// The heading.
  static var title: String { get }
}

/// Options under headings that are known only when the program runs.
protocol OptionGroups {
  /// The headings with their options.
  var groups: [(title: String, options: [any OptionDeclaration])] { get }
}

/// The options and arguments that a command declares, found once by reflection in the order of declaration.
struct CommandForm {
  /// The options under their headings.
  private(set) var groups: [(title: String, options: [any OptionDeclaration])] = []
  private(set) var arguments: [any ArgumentDeclaration] = []
  private(set) var inner: InnerCommand?
  /// What names an earlier command line to go on from.
  private(set) var basis: (any LineBasis)?

  init(of command: any Command) {
    groups = [(type(of: command).optionsTitle, [])]
    basis = command as? any LineBasis
    collect(command, into: 0)
    groups.removeAll { $0.options.isEmpty }
    groups.append((GlobalOptions.title, []))
    collect(GlobalOptions(), into: groups.count - 1)
  }

  /// The command's options and their values as arguments, those of an earlier line included but not what names it.
  var line: [String] { words { !["--resume", "--config"].contains($0.spelling) } }
  /// Those alone that come from an earlier line.
  var followed: [String] { words { !$0.isGiven } }

  private func words(_ isMeant: (any OptionDeclaration) -> Bool) -> [String] {
    let own = groups.filter { $0.title != GlobalOptions.title }.flatMap(\.options)
    return own.filter(isMeant).flatMap { option in option.texts.map(option.argument) }
  }

  /// Every option.
  var options: [any OptionDeclaration] { groups.flatMap(\.options) }
  /// The option of that name.
  func option(_ spelling: String) -> (any OptionDeclaration)? { options.first { $0.spelling == spelling } }
  /// The option that a spelling names: with underscores for dashes, or a field by its full name.
  func named(_ spelling: String) -> (any OptionDeclaration)? {
    let dashed = OtherNames.dashed(spelling)
    return option(dashed) ?? options.first { ($0 as? FieldOption)?.fullSpelling == dashed }
  }

  private mutating func collect(_ owner: Any, into group: Int) {
    for child in Mirror(reflecting: owner).children {
      switch child.value {
      case let option as any OptionDeclaration: add(option, to: group)
      case let argument as any ArgumentDeclaration: arguments.append(argument)
      case let command as InnerCommand: inner = command
      case let nested as any OptionGroup:
        if let nested = nested as? any LineBasis { basis = nested }
        collect(nested, into: heading(type(of: nested).title))
      case let several as any OptionGroups:
        for (title, options) in several.groups {
          groups.append((title, []))
          for option in options {
            if self.option(option.spelling) != nil { (option as? FieldOption)?.spellOut() }
            add(option, to: groups.count - 1)
          }
        }
      default: continue
      }
    }
  }

  /// The place of a heading; groups of the same title stand under one.
  private mutating func heading(_ title: String) -> Int {
    if let place = groups.firstIndex(where: { $0.title == title }) { return place }
    groups.append((title, []))
    return groups.count - 1
  }

  private mutating func add(_ option: any OptionDeclaration, to group: Int) {
    precondition(self.option(option.spelling) == nil, "\(option.spelling) is declared twice")
    groups[group].options.append(option)
  }
}
