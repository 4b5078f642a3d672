import SubCore

/// When the sums of gradients over ranks begin: while the backward pass still runs, or behind it. The bits are the same.
public enum GradientOverlap: String, Sendable, CaseIterable {
  /// Early where ranks are on several machines: a network works by itself. On one machine a sum takes the very cores that
  /// compute, and comes behind.
  case auto
  /// Early, wherever the step allows it.
  case always
  /// Behind the backward pass.
  case never

  /// Whether the sums of a step of `task` begin early, as far as that is asked.
  func isEarly(_ ranks: any Communicator, _ task: some TrainingTask, syncBatchNorm: Bool) -> Bool {
    // What speaks with the ranks in the middle of a step would do so in another order on each of them.
    guard !ranks.isAlone, !syncBatchNorm, !task.lossSpansRanks else { return false }
    return switch self {
    case .auto: ranks.localCount < ranks.count
    case .always: true
    case .never: false
    }
  }
}
