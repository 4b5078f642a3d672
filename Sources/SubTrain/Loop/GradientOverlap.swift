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

  /// Whether the sums of a run's steps begin early.
  static func isEarly(_ settings: LoopSettings, _ subject: some Trainable) -> Bool {
    switch settings.overlap {
    case .auto: settings.ranks.localCount < settings.ranks.count && obstacle(settings, subject) == nil
    case .always: obstacle(settings, subject) == nil
    case .never: false
    }
  }

  /// Why sums cannot begin early; nil: they can.
  static func obstacle(_ settings: LoopSettings, _ subject: some Trainable) -> String? {
    if settings.ranks.isAlone { return "there is one process" }
    if !settings.ranks.isOfAnyThread { return "the MPI library takes calls of its first thread alone" }
    if !subject.parameters.arena.device.isHost { return "the gradients are in the memory of a device" }
    // What speaks with the ranks in the middle of a step would do so in another order on each of them.
    if settings.syncBatchNorm { return "batch-norm asks all ranks in the middle of a step" }
    if subject.task.lossSpansRanks { return "the loss asks all ranks in the middle of a step" }
    // Between parts ranks speak of signals.
    return settings.parts > 1 || settings.accumulation > 1 ? "a batch comes in parts" : nil
  }
}
