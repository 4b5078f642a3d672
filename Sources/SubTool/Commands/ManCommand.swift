/// `man`: the manual page.
struct ManCommand: Command {
  static let name = "man"
  static let summary = "the manual page masksub.1, every command and option"
  static let example = "masksub man | man -l -"
  static let section = CommandSection.machine

  func run(in context: ToolContext) throws {
    try context.console.write(ManPage.of(Tool.commands).utf8)
  }
}
