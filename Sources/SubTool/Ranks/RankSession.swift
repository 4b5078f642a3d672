import SubCore

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// A command line as one of several processes that a launcher started sees it, or as the one that starts them.
struct RankSession {
  /// What becomes of a command.
  enum Place {
    /// It is done here, with these ranks.
    case here(any Communicator)
    /// Others did it, and ended with this exit code.
    case elsewhere(Int32)
  }

  /// Where a command that was parsed is done. `arguments`: the line behind the program's name; `console` gets what others
  /// print.
  static func place(of command: any Command, _ arguments: [String], _ console: Console) throws -> Place {
    let ranked = command as? any RankedCommand
    guard let launched = MPI.launched, launched.count > 1 || MPI.isUnderMPIRun else {
      guard let count = ranked?.ranks.count, count > 1 else { return .here(SingleProcess()) }
      return .elsewhere(try RankLauncher().run(count, arguments, console))
    }
    if let ranked, ranked.ranks.$count.isGiven, let count = ranked.ranks.count, count != launched.count {
      throw InputError(
        "the launcher started \(launched.count) process\(launched.count == 1 ? "" : "es")", at: "--ranks \(count)",
        cure: "start mpirun with -n \(count), or leave it out", isUsage: true)
    }
    guard launched.count > 1 else { return .here(SingleProcess()) }
    let name = type(of: command).name
    guard ranked != nil else {
      throw InputError(
        "masksub \(name) runs as one process, but the launcher started \(launched.count)", at: "masksub \(name)",
        cure: "start it without mpirun or srun", isUsage: true)
    }
    let ranks = try MPI()
    Processor.share(among: ranks)
    return .here(ranks)
  }

  /// Says nothing but errors where another rank speaks.
  static func quieten(_ console: Console) -> Console {
    guard let rank = MPI.launched?.rank, rank > 0 else { return console }
    return console.errorsOnly(of: "rank \(rank): ")
  }

  /// Whether this rank has to say its error itself. Rank 0 speaks first: where it has the same error it ends all, and the
  /// launcher then sends signals.
  static func mustSay(_ error: any Error, hasJoined: Bool) -> Bool {
    guard let rank = MPI.launched?.rank, rank > 0 else { return true }
    // A command line that is wrong is so for all.
    if !hasJoined, (error as? InputError)?.isUsage == true { return false }
    // A signal that ends this rank has come to rank 0, too.
    let isInterruption = error is Interruption
    for _ in 0..<30 where isInterruption || !Interruption.isRequested { usleep(100_000) }
    return !isInterruption && !Interruption.isRequested
  }
}
