/// `completions`: what a shell needs to complete commands, options and values.
struct CompletionsCommand: Command {
  static let name = "completions"
  static let summary = "a script that completes commands, options and their values in a shell"
  static let example = "source <(masksub completions bash)"
  static let section = CommandSection.machine

  @Argument("SHELL", "bash, zsh or fish") var shell: Shell

  func run(in context: ToolContext) throws {
    try context.console.write(shell.script(OptionWords(Tool.commands)).utf8)
  }
}
