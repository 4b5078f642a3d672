public import SubCore
public import SubNN

/// The L2 norms of the gradients of a step's two losses, each by itself and over all weights, those included that branches
/// share: ‖∇L(f(x), y)‖ and ‖∇L(f(m ⊙ x), softmax f(x))‖. Each loss has weight 1, whatever it weighs in the step; of
/// several losses of a kind it is their mean by their weights.
public struct BranchNorms: Sendable, Equatable {
  /// That of the supervised loss; nil where it weighs nothing.
  public let main: Double?
  /// That of the loss by what other branches say; nil where there is none, or it weighs nothing.
  public let sub: Double?

  /// Measures the norms over the batches of an update by making its very step twice more, with the same random streams,
  /// and sending back one kind of loss each time. Batch-norm's running statistics stay as they are. `gradients` lends its
  /// memory: it must be empty, and is empty again afterwards.
  public init<Task: TrainingTask>(
    of method: some Method, _ task: Task, _ batches: [(batch: Task.Batch, pass: Pass)], parts: Int = 1,
    in gradients: Gradients
  ) {
    self.init(
      of: method, task, batches.map { ($0.batch, $0.pass, 1) }, parts: parts, in: gradients, over: SingleProcess())
  }

  /// The same of batches of which each rank has its rows: `share` of all.
  init<Task: TrainingTask>(
    of method: some Method, _ task: Task, _ batches: [(batch: Task.Batch, pass: Pass, share: Double)], parts: Int,
    in gradients: Gradients, over ranks: any Communicator
  ) {
    /// The norm of one kind of loss, and whether the step has a sub-loss.
    func measured(_ kind: StepLosses.Kind) -> (norm: Double?, hasSub: Bool) {
      var losses: StepLosses?
      for (batch, pass, share) in batches where batch.count > 0 {
        var still = pass
        (still.statistics, still.branchStatistics) = (.batch(updating: false), .batch(updating: false))
        losses =
          method.inParts(
            parts, task, batch, into: gradients, pass: still, scale: share / Double(batches.count), only: kind
          ).first?.losses
      }
      gradients.sum(over: ranks)
      defer { gradients.clear() }
      let weight = (kind == .main ? losses?.mainWeight : losses?.subWeight) ?? 0
      return (weight > 0 ? gradients.norm().item / weight : nil, ranks.anyone(losses?.sub != nil))
    }
    let (main, hasSub) = measured(.main)
    self.main = main
    sub = hasSub ? measured(.sub).norm : nil
  }
}
