public import SubCore
public import SubNN

extension Method {
  /// A step of a batch that passes through the network in `parts`, one after the other: it adds the very gradients, times
  /// `scale`, that the whole batch would give at once, with the memory of a part. (Batch-norm has the statistics of a part.)
  ///
  /// - Parameter between: called between two parts; what it throws ends the step, whose gradients are then not whole.
  /// - Returns: the losses of every part and its share of the update.
  public func inParts<Task: TrainingTask>(
    _ parts: Int, _ task: Task, _ batch: Task.Batch, into gradients: Gradients, pass: Pass, scale: Double = 1,
    only kind: StepLosses.Kind? = nil, between: () throws -> Void
  ) rethrows -> [(losses: StepLosses, share: Double)] {
    if let task = task as? any PiecewiseTask {
      // The loss is that of all samples together: the task knows how to take it apart.
      task.pieces = min(parts, batch.count)
    } else if parts > 1, batch.count > 1 {
      let count = min(parts, batch.count)
      return try (0..<count).map { number in
        if number > 0 { try between() }
        let range = batch.count * number / count..<batch.count * (number + 1) / count
        guard let part = batch.part(range) else { preconditionFailure("\(Task.Batch.self) cannot be divided") }
        let share = scale * Double(range.count) / Double(batch.count)
        return (self(task, part, into: gradients, pass: pass, scale: share, only: kind).losses, share)
      }
    }
    return [(self(task, batch, into: gradients, pass: pass, scale: scale, only: kind).losses, scale)]
  }

  /// The same without anything between parts.
  public func inParts<Task: TrainingTask>(
    _ parts: Int, _ task: Task, _ batch: Task.Batch, into gradients: Gradients, pass: Pass, scale: Double = 1,
    only kind: StepLosses.Kind? = nil
  ) -> [(losses: StepLosses, share: Double)] {
    inParts(parts, task, batch, into: gradients, pass: pass, scale: scale, only: kind) {}
  }
}
