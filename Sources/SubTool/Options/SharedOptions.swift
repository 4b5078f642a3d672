package import SubCore

/// Where and how exactly the work is done: the options of every command that computes.
package struct MachineOptions: OptionGroup {
  package static let title = "Machine"
  @Option("--seed", "fixes everything random") package var seed = 0
  @Option("--threads", in: 1...1024, default: "all cores", "threads of the mathematics") package var threads: Int?
  @Option("--device", "where to compute") package var device = Device.cpu
  @Option("--precision", "the type of activations and matrix products") package var precision = Precision.fp32

  package init() {}
}

extension Precision: OptionValue {}

/// The run's folder and what is kept in it: the options of every command that trains.
package struct RunOptions: OptionGroup {
  package static let title = "Run"
  @Option("--output", value: "DIR", default: "runs/COMMAND-TIME", "the run's folder") package var output: String?
  @Option("--keep", in: 1...1_000_000, "checkpoints to keep") package var keep = 1
  @Option(
    "--max-memory", value: "GIB", in: 1...1 << 20, default: "what the machine gives", "memory that the run may take")
  package var memory: Int?
  @Flag("--resume", "goes on from the last checkpoint in --output") package var resume: Bool
  @Flag("--analyze", "also logs the gradient norms of both branches and both losses on the evaluation split")
  package var analyze: Bool
  @Option("--set", "a hyper-parameter of the recipe; masksub recipes show NAME lists them")
  package var settings: [Setting] = []

  package init() {}
}
