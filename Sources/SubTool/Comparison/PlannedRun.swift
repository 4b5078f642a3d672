import SubCore
import SubData
import SubTrain

/// A run that is made, or goes on, or is done already: in this process, by the very code of its command. A signal reaches
/// the run that is at work, and what kills the process leaves none behind.
struct PlannedRun {
  /// What it is called among the others, but for its seed.
  let label: String
  let seed: Int
  let folder: String
  private let type: any Command.Type
  private let arguments: [String]

  /// A run of a command. Throws a usage error where that would not understand the arguments, or its method cannot be.
  init(_ label: String, seed: Int, in folder: String, by type: any Command.Type, _ arguments: [String]) throws {
    (self.label, self.seed, self.folder, self.type, self.arguments) = (label, seed, folder, type, arguments)
    if let command = try command as? any TrainingCommand {
      _ = try command.plannedMethod(of: command.planRequest())
    }
  }

  /// What is run, as it would be typed.
  var command: any Command {
    get throws { try CommandParser(type).parse(arguments) }
  }

  /// Whether it has ended.
  var isDone: Bool {
    (try? RunFolder.existing(folder)).map { FileSystem.kind($0.summaryPath) == .file } ?? false
  }

  /// Trains to the end.
  func train(in context: ToolContext) throws {
    let isBegun = (try? RunFolder.existing(folder)) != nil
    let command = try CommandParser(type).parse(isBegun ? ["--resume=\(folder)"] : arguments)
    let console = context.console.inner()
    let inner = ToolContext(console: console, home: context.home, arguments: [])
    do {
      try inner.run(command)
      try console.flush()
    } catch {
      try? console.flush()
      throw error
    }
  }

  /// Throws a usage error where the folder holds a run of other arguments. Where files lie, and what of the machine a run
  /// may take, can be other than when it was begun.
  func checkFolder() throws {
    guard let begun = try? RunFolder.existing(folder) else { return }
    let json = try begun.configuration()
    let line = EarlierLine(json, at: begun.path)
    // A line that is no longer understood is another one.
    let theirs = line.flatMap { try? Self.essence(type, $0.arguments) }
    if line?.command == type.name, try theirs == Self.essence(type, arguments) { return }
    let words = [json["command"]?.string ?? "another program"] + (line?.arguments ?? [])
    throw InputError(
      "the folder holds another run: \(words.joined(separator: " "))", at: folder,
      cure: "choose another --output, or remove that run", isUsage: true)
  }

  /// What makes a run what it is. Of a path only that it is given counts: the embedded data are other ones.
  private static func essence(_ type: any Command.Type, _ arguments: [String]) throws -> [String] {
    let form = CommandForm(of: try CommandParser(type).parse(arguments))
    let told = form.options.filter { !ofMachine.contains($0.spelling) }
    return told.flatMap { option in
      option.texts.map { option.takesPath ? option.spelling : option.argument($0) }
    }.sorted()
  }

  private static let ofMachine: Set = [
    "--output", "--threads", "--workers", "--device", "--max-memory", "--max-claim", "--keep",
  ]
}
