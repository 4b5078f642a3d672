/// One command of the tool. Its stored properties declare its options (`@Option`, `@Flag`, `@Argument`, groups); adding
/// a command is one file and one line in `Tool.commands`.
package protocol Command: SendableMetatype {
  /// What is typed.
  static var name: String { get }
  /// What it does, one line without a full stop.
  static var summary: String { get }
  /// More about it, a paragraph; may be empty.
  static var discussion: String { get }
  /// One worked example, as typed.
  static var example: String { get }
  /// Where the tool's help lists it.
  static var section: CommandSection { get }
  /// The heading of the options that stand in no group.
  static var optionsTitle: String { get }

  /// The command with nothing parsed yet.
  init()
  /// Does the work. `InputError` for what is wrong outside, `Interruption` where a signal stopped it.
  func run(in context: ToolContext) throws
}

extension Command {
  package static var discussion: String { "" }
  package static var optionsTitle: String { "Options" }
}

/// The parts of the tool's help.
package enum CommandSection: String, CaseIterable {
  case train = "Train"
  case evaluate = "Evaluate and compare"
  case look = "Look into things"
  case machine = "This machine"
}

/// What a command finds around it.
package struct ToolContext {
  /// Where it reads and prints.
  package let console: Console
  /// The folders `datasets/` and `tokenizers/` that come with the tool.
  package let home: ProjectHome
  /// The whole command line behind `masksub`, for the hint that says how to resume.
  package let arguments: [String]

  package init(console: Console, home: ProjectHome, arguments: [String]) {
    (self.console, self.home, self.arguments) = (console, home, arguments)
  }

  /// The first line of a command that got no data: what it uses instead, and how to give it one's own.
  func sayEmbedded(_ what: String, option: String) throws {
    try console.print("using the embedded \(what); for others: \(option)")
  }
}
