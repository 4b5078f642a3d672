import SubCore
import SubTrain

@testable import SubTool

/// A command with every kind of option; prints what it was given.
struct PaintCommand: Command {
  static let name = "paint"
  static let summary = "paints a wall in a colour that is named so long that this line has to be broken somewhere"
  static let discussion = "Walls are painted once. A wall that is painted twice has two coats, and this is about one."
  static let example = "masksub paint --colour red --set gloss=2 kitchen hall"
  static let section = CommandSection.look

  enum Colour: String, CaseIterable, OptionValue {
    case red, green, blue
  }
  struct Coat: OptionGroup {
    static let title = "Coat"
    @Option("--thickness", in: 0...2, "in millimetres") var thickness: Float = 0.5
    @Option("--coats", in: 1...9, default: "as many as it takes", "how many") var coats: Int?
  }

  @Option("--colour", "the colour") var colour: Colour
  @Option("--seed", "fixes everything random") var seed = 42
  @Option("--set", "a property of the paint with a long explanation that goes on over the line's end") var settings:
    [Setting] = []
  @Option("--a-very-long-option-name", value: "DIR", "stands on a line of its own") var folder: String?
  @Flag("--dry", "only says what it would do") var dry: Bool
  let coat = Coat()
  @Argument("WALL", "the first wall") var wall: String
  @Argument("MORE", "the others") var more: [String]

  func run(in context: ToolContext) throws {
    let settings = settings.map { "\($0.key):\($0.value)" }
    try context.console.print(
      "\(colour) seed=\(seed) \($seed.isGiven) \(settings) \(folder ?? "-") \(dry) \(coat.thickness) "
        + "\(coat.coats ?? -1) \(wall) \(more)")
  }
}

/// Runs another command twice.
struct TwiceCommand: Command {
  static let name = "twice"
  static let summary = "runs a command with two seeds"
  static let example = "masksub twice paint --colour red kitchen"
  static let section = CommandSection.evaluate

  @InnerCommand("COMMAND", "the command") var inner
  @Option("--seeds", "how many") var seeds = 2

  func run(in context: ToolContext) throws {
    for seed in 0..<seeds {
      let arguments = ["--seed=\(seed)"] + inner.arguments(without: ["--seed"])
      try CommandParser(inner.type, among: [PaintCommand.self]).parse(arguments).run(in: context)
    }
  }
}

/// Fails as its argument says.
struct FailCommand: Command {
  static let name = "fail"
  static let summary = "fails"
  static let example = "masksub fail interrupted"
  static let section = CommandSection.look
  struct Odd: Error {}

  @Argument("HOW", "how") var how: String

  func run(in context: ToolContext) throws {
    try context.console.print("before")
    switch how {
    case "input": throw InputError("line 3 has\ntwo columns", at: "a.tsv", cure: "give it three")
    case "usage": throw InputError("a and b exclude each other", at: "masksub fail", cure: "give one", isUsage: true)
    case "interrupted": throw Interruption(cure: "masksub fail --resume goes on")
    case "pipe": throw ReaderGone()
    default: throw Odd()
    }
  }
}
