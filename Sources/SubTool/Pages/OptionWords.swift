import SubTrain

/// What a shell is told of commands: their options and values, as they are declared.
struct OptionWords {
  /// A command with what may follow it.
  struct Page {
    let name, summary: String
    let options: [any OptionDeclaration]
    let arguments: [any ArgumentDeclaration]

    /// The words that stand where a file does not.
    var words: [String] { arguments.flatMap(\.choices) }
  }

  /// Every command.
  let pages: [Page]

  init(_ commands: [any Command.Type]) {
    pages = commands.map { type in
      let form = CommandForm(of: type.init())
      return Page(name: type.name, summary: type.summary, options: form.options, arguments: form.arguments)
    }
  }

  /// The values of an option that can be listed.
  static func values(of option: any OptionDeclaration) -> [String] {
    option.spelling == "--recipe" ? Tool.recipes.map(\.name) : option.choices
  }

  /// Text in a shell's single quotes. fish knows `\'` alone, the others have no way to write one inside.
  static func quoted(_ text: String) -> String { "'" + text.replacing("'", with: "’") + "'" }
}
