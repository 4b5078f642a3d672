import SubCore
import SubData
import SubTrain

/// `compare`: methods side by side, the paper's Figure 2.
struct CompareCommand: Command {
  static let name = "compare"
  static let summary = "runs methods side by side, and draws curves and a table of them"
  static let discussion =
    "Trains by every method with every seed, one run after the other in DIR/METHOD-sSEED, and writes DIR/report.html, "
    + "figure.svg, figure.png, runs.csv and steps.csv: over the steps the validation metric, the losses of whole and of "
    + "masked inputs on the evaluation split and the gradient norms of both branches (that is --analyze), and means with "
    + "deviations, a paired t-test and the cost. COMMAND is glue, finetune, train or clip-pretrain, and takes its own "
    + "options. --ratio is the share that masksub, masking and masksub-labels hide, and that is hidden of every run's "
    + "evaluated inputs; the ratios of other methods mean other things and stay as they are. --sub-weight goes to the "
    + "methods that have one. The same command line goes on where it was stopped; more methods and seeds are added to "
    + "what is there. With --runs nothing is trained."
  static let example =
    "masksub compare glue --task cola --methods baseline,masksub --seeds 3 --output runs/cola"
  static let section = CommandSection.evaluate

  @InnerCommand("COMMAND", "what trains, with the options of every run", isRequired: false) var inner
  @Option("--methods", "the methods, joined by commas")
  var methods = MethodList(types: [Baseline.self, MaskingAlone.self, MaskSub.self])
  @Option("--seeds", "how many seeds, counted from 1, or a list: 3,5,7") var seeds = SeedList(seeds: [1])
  @Option("--output", value: "DIR", default: "runs/compare-COMMAND", "the folder of the runs and the report")
  var output: String?
  @Option("--runs", value: "DIR", "reads runs instead of training: a run, or a folder of runs") var runs: [String]
  @Option(
    "--metric", value: "NAME", default: "the one by which a run's best is told", "the metric that is drawn and tested")
  var metric: String?

  func run(in context: ToolContext) throws {
    guard $inner.isGiven else { return try read(in: context) }
    guard runs.isEmpty else {
      throw InputError(
        "--runs and \(inner.type.name) exclude each other", at: "masksub compare", cure: "leave one of them out",
        isUsage: true)
    }
    let plan = try ComparisonPlan(
      inner, methods: methods.types, seeds: seeds.seeds, in: output ?? "runs/compare-\(inner.type.name)")
    try plan.claim()
    try RunSeries(runs: plan.runs, folder: plan.folder)
      .make(in: context, shellLine([inner.type.name] + inner.arguments)) { try Comparison($0, metric: metric) }
  }

  /// Draws runs that exist; `--methods` and `--seeds` choose among them.
  private func read(in context: ToolContext) throws {
    guard !runs.isEmpty else {
      throw InputError(
        "neither COMMAND nor --runs is given", at: "masksub compare",
        cure: "name what trains, masksub compare glue --task cola, or --runs DIR", isUsage: true)
    }
    let records = try runs.flatMap { try RunRecord.all(in: $0) }.filter { record in
      (!$methods.isGiven || methods.types.contains { $0.name == record.method })
        && (!$seeds.isGiven || seeds.seeds.contains(record.seed))
    }
    let isFolder = runs.count == 1 && (try? RunFolder.existing(runs[0])) == nil
    guard let folder = output ?? (isFolder ? runs[0] : nil) else {
      throw InputError("nothing says where the report goes", at: "--runs", cure: "add --output DIR", isUsage: true)
    }
    try FileSystem.makeFolder(folder)
    let comparison = try Comparison(records, metric: metric)
    try ComparisonReport(comparison: comparison, command: shellLine()).write(to: folder)
    try context.show(comparison, in: folder)
  }
}
