import CSystem
import SubCore
import SubData
import SubTrain

/// The tool: finds the command, runs it, turns every error into one line and an exit code.
package enum Tool {
  /// The tool's version.
  static let version = "0.11.0"

  /// Every command, in the order of the help. A new command is a line here.
  static let commands: [any Command.Type] = [
    GlueCommand.self,
    FinetuneCommand.self,
    TrainCommand.self,
    EvalCommand.self,
    PredictCommand.self,
    EmbedCommand.self,
    ClipPretrainCommand.self,
    ZeroShotCommand.self,
    CompareCommand.self,
    ReproduceCommand.self,
    PlotCommand.self,
    WatchCommand.self,
    TraceCommand.self,
    PreviewCommand.self,
    PlanCommand.self,
    BenchCommand.self,
    RecipesCommand.self,
    InspectCommand.self,
    ConvertCommand.self,
    TokenizeCommand.self,
    DoctorCommand.self,
    CompletionsCommand.self,
    ManCommand.self,
  ]

  /// Every recipe, in the order of `masksub recipes`.
  static let recipes: [RecipePage] = Modalities.all.flatMap(\.recipes)

  /// Runs one command line (without the program's name). 0: done; 1: the work failed; 2: wrong usage; 130: interrupted.
  package static func main(arguments: [String]) -> Int32 {
    main(arguments: arguments, console: .standard(), commands: commands)
  }

  /// The same with other commands, on another console.
  static func main(arguments: [String], console: Console, commands: [any Command.Type]) -> Int32 {
    let console = RankSession.quieten(console)
    var ranks: any Communicator = SingleProcess()
    do {
      sys_open_standard_streams()
      sys_catch_interrupts()
      console.isQuiet = console.isQuiet || CommandParser.asksForQuiet(arguments)
      let code = try run(arguments, console, commands, &ranks)
      try console.flush()
      (ranks as? MPI)?.finish()
      return code
    } catch is ReaderGone {
      if !ranks.isAlone { ranks.abort(0) }
      return 0
    } catch {
      // What was printed before the failure stays printed, above the error.
      try? console.flush()
      // All ranks stopped at the same step, and rank 0 saved it.
      if let interruption = error as? Interruption, interruption.run != nil, let mpi = ranks as? MPI {
        let code = report(error, on: console)
        mpi.finish()
        return code
      }
      let isSaid = RankSession.mustSay(error, hasJoined: !ranks.isAlone)
      let code = report(error, on: isSaid ? console : Console(output: { _ in }, error: { _ in }))
      if !ranks.isAlone { ranks.abort(code) }
      return code
    }
  }

  /// Runs a command line: here, with the `ranks` of a launcher if there is one, or in processes that it starts. The exit
  /// code.
  private static func run(
    _ arguments: [String], _ console: Console, _ commands: [any Command.Type], _ ranks: inout any Communicator
  ) throws -> Int32 {
    let (style, width) = (console.outputStyle, console.width)
    switch arguments.first {
    case nil:
      console.writeError(HelpPage.ofTool(commands, style: console.errorStyle, width: width))
      throw InputError("no command is given", at: "masksub", cure: "choose one of those above", isUsage: true)
    case "--version": try console.print("masksub \(version)")
    case "--help", "-h": try console.write(HelpPage.ofTool(commands, style: style, width: width).utf8)
    case "help":
      guard arguments.count > 1 else {
        try console.write(HelpPage.ofTool(commands, style: style, width: width).utf8)
        return 0
      }
      let type = try CommandParser.command(named: arguments[1], among: commands)
      try console.write(HelpPage.of(type, style: style, width: width).utf8)
    case let word? where word.hasPrefix("-"):
      throw InputError(
        "there is no option \(word) before a command", at: "masksub",
        cure: Suggestion.cure(
          for: word, in: ["--help", "--version"], else: "name the command first: masksub COMMAND \(word)"),
        isUsage: true)
    case let name?:
      let type = try CommandParser.command(named: name, among: commands)
      let rest = Array(arguments.dropFirst())
      if CommandParser.asksForHelp(rest) {
        try console.write(HelpPage.of(type, style: style, width: width).utf8)
        return 0
      }
      let command = try CommandParser(type, among: commands).parse(rest)
      switch try RankSession.place(of: command, arguments, console) {
      case .elsewhere(let code): return code
      case .here(let those): ranks = those
      }
      let home = ProjectHome(environment: console.environment)
      try ToolContext(console: console, home: home, arguments: [], ranks: ranks).run(command)
    }
    return 0
  }

  private static func report(_ error: any Error, on console: Console) -> Int32 {
    let mark = "masksub: \(console.name)\(console.errorStyle.red("error:"))"
    switch error {
    case let interruption as Interruption:
      console.note("masksub: interrupted" + (interruption.cure.isEmpty ? "" : ": \(interruption.cure)"))
      return 130
    case let error as InputError:
      console.noteStyled("\(mark) \(error.description.oneLine)")
      return error.isUsage ? 2 : 1
    default:
      console.noteStyled("\(mark) \("\(error)".oneLine) (unexpected): please report it with the command line")
      return 1
    }
  }
}
