import SubCore

/// A command that several processes can do together.
protocol RankedCommand: Command {
  /// How many.
  var ranks: RankOptions { get }
}

/// How many processes do the work together: the options of every command that trains or evaluates.
struct RankOptions: OptionGroup {
  static let title = "Ranks"
  @Option(
    "--ranks", in: 1...4096, default: "1, or as many as mpirun or srun started",
    "processes on this machine that share the work, each with its part of every batch (MPI)")
  var count: Int?
}

extension ToolContext {
  /// Throws a usage error where several ranks are to do what one process does: `what`, as a sentence begins.
  func refuseRanks(_ what: String, at place: String) throws {
    guard !ranks.isAlone else { return }
    throw InputError("\(what) by one process", at: place, cure: "leave --ranks or the launcher out", isUsage: true)
  }
}
