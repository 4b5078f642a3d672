import SubCore
import SubTrain

/// `plan`: what a recipe will take.
struct PlanCommand: Command {
  static let name = "plan"
  static let summary = "operations, memory and time of a recipe, method by method"
  static let discussion =
    "Makes the recipe's network, counts the products of a step (a product and a sum are two operations) and what it asks of "
    + "memory, and says how long the whole run takes: at the speed of steps that it times here, at a --rate, or at a share of "
    + "what a --card's data sheet says. Several machines are taken to share batches without loss. No data are needed: "
    + "a recipe has the samples and classes of the data that it is made for unless told otherwise, and texts are taken to be as long "
    + "as the recipe reads them: --tokens says how long yours are."
  static let example = "masksub plan --recipe deit3-s-400 --card a100 --precision bf16 --machines 8"
  static let section = CommandSection.look

  @Option("--recipe", value: "NAME", "the recipe") var recipe: String
  @Option("--methods", "the methods, joined by commas")
  var methods = MethodList(types: [Baseline.self, MaskingAlone.self, MaskSub.self])
  @Option("--set", "a hyper-parameter by its key") var settings: [Setting] = []
  @Option("--samples", in: 1...1 << 40, default: "those of the recipe's data", "samples of an epoch") var samples: Int?
  @Option("--classes", in: 2...1 << 20, default: "those of the recipe's data", "classes") var classes: Int?
  @Option(
    "--tokens", in: 2...1 << 16, default: "as many as the recipe reads at most",
    "tokens of a text on average, the special ones included: shorter texts cost less")
  var tokens: Int?
  @Option("--machines", in: 1...1 << 20, "machines, or cards, that share every batch") var machines = 1
  @Option("--card", default: "this machine", "an accelerator by its data sheet") var card: Card?
  @Option("--share", in: 0.01...1, default: "0.4", "the share of a card's rate that training reaches") var share:
    Double?
  @Option("--rate", value: "GFLOPS", in: 0.001...1e12, default: "measured", "operations a second, in billions")
  var rate: Double?
  var machine = MachineOptions()

  func run(in context: ToolContext) throws {
    guard card == nil || rate == nil, share == nil || card != nil else {
      throw InputError(
        "--share is that of a --card, which a --rate replaces", at: "masksub plan", cure: "leave one of them out",
        isUsage: true)
    }
    guard let plan = try Modalities.all.lazy.compactMap({ try $0.plan(request, on: machine.select()) }).first else {
      throw InputError(noRecipe: recipe, among: Tool.recipes.map(\.name))
    }
    // Asked of all before the first one's time is spent.
    let chosen = try methods.types.map { try MethodChoice($0).resolved(plan.basis, selection: plan.selection) }
    let console = context.console
    try console.print(
      "\(recipe): \(plan.title); \((Double(plan.weights) / 1e6).fixed(1)) M weights, \(plan.updates) updates of "
        + "\(plan.batch), \(plan.epochs.fixed(1)) epochs of \(plan.samples)")
    try console.print(rateLine)
    var rows = [["method", "GFLOP/sample", "in all", "samples/s", "time", "machine days", "memory", "baseline epochs"]]
    var baseline: Int?
    for method in chosen {
      try Interruption.check()
      guard let step = try plan.count(method) else { preconditionFailure("a plan makes its own examples") }
      if baseline == nil {
        // The reference is counted though it may not be shown.
        baseline = method is Baseline ? step.operations : try plan.count(Baseline())?.operations
      }
      let speed = try samplesPerSecond(of: method, plan, step) * Double(machines)
      let total = Double(plan.updates) * Double(plan.batch)
      let seconds = total / speed
      let memory = step.resident + step.saving + step.need(parts: machines).memory
      rows.append([
        type(of: method).name, (Double(step.operations) / 1e9).fixed(2),
        (Double(step.operations) * total).operations, speed.fixed(speed < 100 ? 1 : 0), seconds.duration,
        (seconds * Double(machines) / 86400).fixed(seconds < 864_000 ? 2 : 0),
        "\((Double(memory) / Double(1 << 30)).fixed(1)) GiB",
        (plan.epochs * Double(step.operations) / Double(baseline ?? step.operations)).fixed(1),
      ])
    }
    for line in TextColumns(rows).lines { try console.print(line) }
    console.note(
      "memory: weights, gradients, moments and a machine's share of a batch, as this program asks for it; it divides "
        + "what memory does not hold. baseline epochs: those that have as many operations")
  }

  private var request: PlanRequest {
    PlanRequest(
      recipe: recipe, changes: settings.map { ($0.key, $0.value) }, samples: samples, classes: classes, tokens: tokens,
      precision: machine.precision)
  }

  private var rateLine: String {
    if let card {
      let rate = card.rate(machine.precision)
      return
        "at \((100 * (share ?? 0.4)).fixed(0))% of the \((rate / 1e12).fixed(1)) TFLOP/s that the data sheet of \(card) "
        + "says for \(machine.precision)" + (share == nil ? " (a guess: --share)" : "")
    }
    if let rate { return "at \(rate) GFLOP/s (--rate)" }
    return "at the speed of steps timed on this machine with \(Processor.threads) threads in \(machine.precision)"
  }

  /// The speed of one machine.
  private func samplesPerSecond(of method: any Method, _ plan: PlannedTraining, _ memory: StepMemory) throws -> Double {
    if let card { return card.rate(machine.precision) * (share ?? 0.4) / Double(memory.operations) }
    if let rate { return rate * 1e9 / Double(memory.operations) }
    var count = min(plan.batch, 8)
    while true {
      let seconds = try plan.seconds(of: method, samples: count)
      // A small network is faster with more samples at once.
      guard count < plan.batch, seconds < 0.2 else { return Double(count) / seconds }
      count = min(plan.batch, 4 * count)
    }
  }
}
