/// `man`: the manual page.
package struct ManCommand: Command {
  package static let name = "man"
  package static let summary = "the manual page masksub.1, every command and option"
  package static let example = "masksub man | man -l -"
  package static let section = CommandSection.machine

  package init() {}

  package func run(in context: ToolContext) throws {
    try context.console.write(ManPage.of(Tool.commands).utf8)
  }
}
