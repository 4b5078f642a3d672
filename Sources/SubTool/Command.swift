import SubCore
import SubData
import SubTrain

/// One command of the tool. Its stored properties declare its options (`@Option`, `@Flag`, `@Argument`, groups); adding
/// a command is one file and one line in `Tool.commands`.
protocol Command: SendableMetatype {
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
  static var discussion: String { "" }
  static var optionsTitle: String { "Options" }
}

/// The parts of the tool's help.
enum CommandSection: String, CaseIterable {
  case train = "Train"
  case evaluate = "Evaluate and compare"
  case look = "Look into things"
  case machine = "This machine"
}

/// What a command finds around it.
struct ToolContext {
  /// Where it reads and prints.
  let console: Console
  /// The folders `datasets/` and `tokenizers/` that come with the tool.
  let home: ProjectHome
  /// The command with its arguments, those of an earlier line that it follows included: what a run's folder keeps.
  let arguments: [String]
  /// The processes that do the command together; the first of them prints and writes.
  let ranks: any Communicator

  init(
    console: Console, home: ProjectHome, arguments: [String], ranks: any Communicator = SingleProcess()
  ) {
    (self.console, self.home, self.arguments, self.ranks) = (console, home, arguments, ranks)
  }

  /// Runs a command that was parsed.
  func run(_ command: any Command) throws {
    if ranks.isAlone, let count = (command as? any RankedCommand)?.ranks.count, count > 1 {
      throw InputError(
        "one run inside of another command cannot be divided", at: "--ranks \(count)", cure: "leave it out",
        isUsage: true)
    }
    let context = around(command)
    context.sayFollowed(command)
    for child in Mirror(reflecting: command).children { (child.value as? InputOptions)?.apply() }
    do { try command.run(in: context) } catch let error as InputError {
      throw OfficialWeights(home).explaining(error, of: context.arguments)
    }
  }

  /// The same around a command: its own name and arguments.
  func around(_ command: any Command) -> ToolContext {
    ToolContext(
      console: console, home: home, arguments: [type(of: command).name] + CommandForm(of: command).line, ranks: ranks)
  }

  /// Says what a command takes from the run that it follows.
  func sayFollowed(_ command: any Command) {
    let followed = CommandForm(of: command).followed
    if !followed.isEmpty { console.note("as in the run: \(followed.joined(separator: " "))") }
  }

  /// What a run's folder keeps of the command line.
  var line: CommandLineRecord {
    CommandLineRecord(arguments, in: FileSystem.currentFolder, version: Tool.version, commit: home.commit)
  }

  /// The first line of a command that got no data: what it uses instead, and how to give it one's own.
  func sayEmbedded(_ what: String, option: String) throws {
    try console.print("using the embedded \(what); for others: \(option)")
  }
}
