import SubCore
public import SubNN

/// The only loop: take batches, run the method, update, log, evaluate, save. It knows no modality.
public final class Trainer<Subject: Trainable> {
  private let subject: Subject
  private let method: any Method
  private let optimizer: any Optimizer
  private let schedule: (_ step: Int) -> Double
  private let settings: LoopSettings
  private let folder: RunFolder?
  private let reporter: any Reporter

  /// A loop around what is to be trained. `schedule` gives the learning rate of the update behind `step` others.
  /// `folder` gets log and checkpoints; nil: nothing is written, and nothing can be resumed.
  public init(
    _ subject: Subject, method: some Method, optimizer: any Optimizer, schedule: @escaping (_ step: Int) -> Double,
    settings: LoopSettings, in folder: RunFolder? = nil, reporter: any Reporter = SilentReporter()
  ) {
    (self.subject, self.method, self.optimizer) = (subject, method, optimizer)
    (self.schedule, self.settings, self.folder, self.reporter) = (schedule, settings, folder, reporter)
  }

  /// Trains to the end, or goes on from the newest checkpoint and then to the end. Throws an `Interruption` where a
  /// signal ends it; everything is saved then.
  ///
  /// - Returns: the evaluation behind the last update, and where the run stands.
  @discardableResult
  public func train(resuming: Bool = false) throws -> (final: Evaluation, position: Checkpoint.Position) {
    let journal = try Journal(subject, optimizer, settings, in: folder, reporter, resuming: resuming)
    var update = Update(subject, method, optimizer, schedule, settings)
    try journal.payDebt()
    while journal.position.step < settings.totalSteps, !journal.isOver {
      let due = settings.due(at: journal.position.step + 1)
      let outcome: Update<Subject>.Outcome
      do {
        outcome = try update(
          &journal.position, measuringNorm: due.isLogged || due.isSaved,
          measuringBranches: settings.analyze && due.isLogged)
      } catch is Interruption {
        throw try journal.breakOff()
      }
      try journal.record(outcome, due)
    }
    let final = try journal.close()
    return (final, journal.position)
  }
}
