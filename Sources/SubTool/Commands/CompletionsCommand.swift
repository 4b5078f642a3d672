/// `completions`: what a shell needs to complete commands, options and values.
package struct CompletionsCommand: Command {
  package static let name = "completions"
  package static let summary = "a script that completes commands, options and their values in a shell"
  package static let example = "source <(masksub completions bash)"
  package static let section = CommandSection.machine

  @Argument("SHELL", "bash, zsh or fish") var shell: Shell

  package init() {}

  package func run(in context: ToolContext) throws {
    try context.console.write(shell.script(OptionWords(Tool.commands)).utf8)
  }
}
