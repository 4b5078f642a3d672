import SubData

/// `reproduce`: a table or figure of the paper.
struct ReproduceCommand: Command {
  static let name = "reproduce"
  static let summary = "a table or figure of the paper as a study: your numbers beside the paper's"
  static let discussion =
    "Without TABLE the studies are listed. A study says what it will take, makes the runs that are not done yet, one after "
    + "the other in DIR/SCALE/NAME-sSEED, and writes DIR/SCALE/TABLE/report.html, figure.svg, figure.png, runs.csv and "
    + "steps.csv, as compare does. Studies share runs; the same command line goes on where it was stopped. The small scale is "
    + "made for two cores, on CIFAR-10, CoLA or captions of CIFAR-10, and shows directions, not the paper's numbers; without "
    + "data of yours it uses the embedded ones where they serve. The paper's scale is its own recipes on its own data."
  static let example = "masksub reproduce table-a7 --data cifar10.tar.gz --seeds 3 --output runs/reproduce"
  static let section = CommandSection.evaluate

  @Argument("TABLE", "a table or figure, as table-a7, A.7, T9, figure-2") var words: [StudyWord]
  @Option("--scale", "whether the runs are small ones or the paper's own") var scale = StudyScale.small
  @Option(
    "--data", value: "[NAME=]DIR", default: "the embedded data where they serve",
    "the study's data; NAME says which where it has several")
  var data: [String]
  @Option(
    "--from", value: "[NAME=]DIR", default: "the embedded networks where they serve", "the weights that it starts from")
  var from: [String]
  @Option("--only", value: "LIST", default: "all", "some of the study's trainings, by their names joined by commas")
  var only: String?
  @Option("--seeds", "how many seeds, counted from 1, or a list: 3,5,7") var seeds = SeedList(seeds: [1])
  @Option("--output", value: "DIR", "the folder of all studies' runs and reports") var output = "runs/reproduce"
  @Flag("--dry-run", "only says what the study will take") var isDry: Bool
  var machine = MachineOptions()

  func run(in context: ToolContext) throws {
    guard !words.isEmpty else { return try list(in: context.console) }
    try reproduce(Studies.named(words.map(\.text).joined(separator: " ")), in: context)
  }

  /// Says what a study will take, and makes it.
  func reproduce(_ study: Study, in context: ToolContext) throws {
    let plan = try StudyPlan(
      study, at: scale, only: only.map { $0.split(separator: ",").map { String($0).trimmed } }, seeds: seeds.seeds,
      data: data, from: from, in: output, machine: ofEveryRun, home: context.home, dry: isDry)
    let console = context.console
    let title = "\(study.name) at \(plan.isEmbedded ? "small" : scale.rawValue) scale: \(study.summary)"
    let device = try machine.select()
    if isDry {
      for line in [title, study.setting] { try console.print(line) }
      for input in plan.missing { try console.print("takes \(input.option) \(input.name)=PATH: \(input.meaning)") }
      if plan.isEmbedded { try context.sayEmbedded("data and networks", option: "--data, --from") }
      for line in try StudyCost(plan, on: device).text { try console.print(line) }
      return
    }
    if plan.isEmbedded { try context.sayEmbedded("data and networks", option: "--data, --from") }
    if plan.runs.contains(where: { !$0.isDone }) {
      for line in try [title] + StudyCost(plan, on: device).text { console.note(line) }
    }
    try RunSeries(runs: plan.runs, folder: plan.folder)
      .make(in: context, shellLine([study.name]), comparing: plan.comparison)
  }

  /// What of the machine every run is told.
  private var ofEveryRun: [String] {
    let options: [any OptionDeclaration] = [machine.$threads, machine.$device, machine.$precision]
    return options.flatMap { option in option.texts.map(option.argument) }
  }

  /// A line for every study: what it is called, the scales that it has, its rows, and what it shows.
  private func list(in console: Console) throws {
    let rows = Studies.all.map { study in
      [
        ([study.name] + study.aliases).joined(separator: ", "), study.lacksSmall == nil ? "small, paper" : "paper",
        "\(study.rows.count) rows", study.summary,
      ]
    }
    let absent = Studies.absent.map { table, why in [table, "cannot be run: \(why)"] }
    for line in TextColumns(rows + absent, left: [0, 1, 3]).lines { try console.print(line) }
  }
}

/// A word of a study's name.
struct StudyWord: OptionValue {
  let text: String

  static var placeholder: String { "TABLE" }
  static var expectation: String { "the name of a study" }
  static var choices: [String] { Studies.all.map(\.name) }
  static func parse(_ text: String, after previous: StudyWord?) -> StudyWord? {
    text.isEmpty ? nil : StudyWord(text: text)
  }
  var defaultText: String? { text }
}
