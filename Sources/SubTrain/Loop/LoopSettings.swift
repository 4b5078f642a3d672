public import SubCore

/// What the loop needs to know besides the task.
public struct LoopSettings: Sendable {
  /// Updates of the whole run.
  public var totalSteps: Int
  /// Updates of one pass over the data.
  public var stepsPerEpoch: Int
  /// Batches of one update.
  public var accumulation = 1
  /// In how many parts a batch passes through the network; 0: as few as memory allows.
  public var parts = 1
  /// Whether blocks compute again on the way back what they would else keep.
  public var recomputes = false
  /// Whether free memory goes back to the system before evaluations and checkpoints, which then have it.
  public var trims = false
  /// The global gradient norm to clip to; nil: none.
  public var clipNorm: Double?
  /// Whether batch-norm's running statistics move in the sub-branch too.
  public var subStatistics = true
  /// Whether batch-norm goes by the samples of all ranks, not by each rank's own.
  public var syncBatchNorm = false
  /// When the sums of gradients over ranks begin.
  public var overlap = GradientOverlap.auto
  /// Updates between two lines of the log.
  public var logEvery = 10
  /// Updates between two evaluations; 0: only at the end.
  public var evaluateEvery: Int
  /// Updates between two checkpoints; 0: only at the end.
  public var saveEvery: Int
  /// Checkpoints that stay.
  public var keep = 1
  /// Whether the branches' own gradient norms and both evaluation losses are measured.
  public var analyze = false
  /// Fixes everything random.
  public var seed: Int
  /// The metrics by which an evaluation is the best: the first of them that it has, more being better.
  public var bestMetrics: [String] = []
  /// Whether the checkpoint of the best evaluation stays too.
  public var keepsBest = false
  /// Evaluations without a better one after which the run ends; 0: it goes on.
  public var patience = 0

  /// The processes that make the run together.
  public var ranks: any Communicator = SingleProcess()

  /// Evaluates and saves after every epoch unless told otherwise.
  public init(totalSteps: Int, stepsPerEpoch: Int, seed: Int) {
    self.totalSteps = totalSteps
    self.stepsPerEpoch = max(1, stepsPerEpoch)
    self.seed = seed
    evaluateEvery = max(1, stepsPerEpoch)
    saveEvery = max(1, stepsPerEpoch)
  }
}

extension LoopSettings {
  /// What is to be done behind an update.
  struct Due {
    let isLast, isLogged, isEvaluated, isSaved: Bool
  }

  /// What is to be done behind the update that makes `step` of them.
  func due(at step: Int) -> Due {
    func isDue(_ interval: Int) -> Bool { step == totalSteps || interval > 0 && step % interval == 0 }
    return Due(
      isLast: step == totalSteps, isLogged: isDue(logEvery), isEvaluated: isDue(evaluateEvery),
      isSaved: isDue(saveEvery))
  }

  /// The epochs, with their fraction, that a number of updates makes.
  func epoch(at step: Int) -> Double { Double(step) / Double(stepsPerEpoch) }
}
