/// Options under one heading of the help, kept as a stored property of a command: `let run = RunOptions()`.
package protocol OptionGroup {
  /// The heading.
  static var title: String { get }
}

/// The options and arguments that a command declares, found once by reflection in the order of declaration.
package struct CommandForm {
  /// The options under their headings.
  package private(set) var groups: [(title: String, options: [any OptionDeclaration])] = []
  package private(set) var arguments: [any ArgumentDeclaration] = []
  package private(set) var inner: InnerCommand?

  package init(of command: any Command) {
    groups = [(type(of: command).optionsTitle, [])]
    collect(command, into: 0)
    groups.removeAll { $0.options.isEmpty }
  }

  /// Every option.
  package var options: [any OptionDeclaration] { groups.flatMap(\.options) }
  /// The option of that name.
  package func option(_ spelling: String) -> (any OptionDeclaration)? { options.first { $0.spelling == spelling } }

  private mutating func collect(_ owner: Any, into group: Int) {
    for child in Mirror(reflecting: owner).children {
      switch child.value {
      case let option as any OptionDeclaration:
        precondition(self.option(option.spelling) == nil, "\(option.spelling) is declared twice")
        groups[group].options.append(option)
      case let argument as any ArgumentDeclaration: arguments.append(argument)
      case let command as InnerCommand: inner = command
      case let nested as any OptionGroup:
        groups.append((type(of: nested).title, []))
        collect(nested, into: groups.count - 1)
      default: continue
      }
    }
  }
}
