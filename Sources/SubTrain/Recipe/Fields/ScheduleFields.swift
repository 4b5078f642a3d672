public import SubNN

/// `schedule.*`: the learning rate over the run, relative to `optimizer.lr`.
public struct ScheduleFields: FieldGroup {
  /// How long the rate rises, in the unit in which the original counts.
  public enum Warmup: Sendable, Equatable {
    /// Epochs.
    case epochs(Int)
    /// Updates.
    case steps(Int)
    /// A share of all updates.
    case ratio(Double)
  }

  /// How the rate falls, and what is counted.
  public var form = Schedule.Form.cosine
  /// How often the data is gone through.
  public var epochs = 1
  /// How long the rate rises.
  public var warmup = Warmup.epochs(0)
  /// The rate at which the warmup begins.
  public var warmupLr = 0.0
  /// The rate at the end.
  public var minLr = 0.0

  /// One epoch without warmup.
  public init() {}

  public static let fields: [Field<Self>] = [
    Field("form", \.form, "whose rates these are: what is counted, and where the fall begins"),
    Field("epochs", \.epochs, 1...1 << 20, "how often the data is gone through", mayChange: true),
    Field("warmup_epochs", \.warmupEpochs, 0...1 << 24, "epochs in which the rate rises"),
    Field("warmup_steps", \.warmupSteps, 0...1 << 24, "updates in which the rate rises, instead of epochs"),
    Field("warmup_ratio", \.warmupRatio, .share, "the share of all updates in which the rate rises, instead of both"),
    Field("warmup_lr", \.warmupLr, .amount, "the rate at which the warmup begins")
      .idle { [.epochs(0), .steps(0), .ratio(0)].contains($0.warmup) ? "without a warmup" : nil },
    Field("min_lr", \.minLr, .amount, "the rate at the end")
      .idle { $0.form == .constant ? "with the schedule constant" : nil },
  ]

  /// The fields that are one warmup in different units.
  static let warmupUnits = ["warmup_epochs", "warmup_steps", "warmup_ratio"]

  /// Updates in which the rate rises.
  func warmupSteps(of total: Int, stepsPerEpoch: Int) -> Int {
    switch warmup {
    case .epochs(let count): count * stepsPerEpoch
    case .steps(let count): count
    case .ratio(let share): Int((Double(total) * share).rounded(.up))
    }
  }

  // Each unit as a number of its own, 0 where the warmup is given in another: so they are written, and read back one behind
  // the other. Setting one replaces the others; none has no unit.
  private var warmupEpochs: Int {
    get { if case .epochs(let count) = warmup { count } else { 0 } }
    set { if newValue != warmupEpochs { warmup = .epochs(newValue) } }
  }
  private var warmupSteps: Int {
    get { if case .steps(let count) = warmup { count } else { 0 } }
    set { if newValue != warmupSteps { warmup = newValue > 0 ? .steps(newValue) : .epochs(0) } }
  }
  private var warmupRatio: Double {
    get { if case .ratio(let share) = warmup { share } else { 0 } }
    set { if newValue != warmupRatio { warmup = newValue > 0 ? .ratio(newValue) : .epochs(0) } }
  }
}

extension Recipe {
  /// Updates of an epoch of so many batches, the last one perhaps of fewer.
  public func updatesPerEpoch(of batches: Int) -> Int { (batches + batchesPerUpdate - 1) / batchesPerUpdate }

  /// The updates of a run: those of all epochs, or `loop.max_steps`, which only ends a schedule that spans the epochs
  /// but is the whole length of one that does not.
  public func updates(stepsPerEpoch: Int) -> Int {
    let all = schedule.epochs * stepsPerEpoch
    if loop.maxSteps == 0 { return all }
    return schedule.form.spansEpochs ? min(loop.maxSteps, all) : loop.maxSteps
  }

  /// The rate of every update.
  public func rates(stepsPerEpoch: Int) -> Schedule {
    let total = schedule.form.spansEpochs ? schedule.epochs * stepsPerEpoch : updates(stepsPerEpoch: stepsPerEpoch)
    return Schedule(
      schedule.form, peak: optimizer.lr, floor: schedule.minLr, warmupRate: schedule.warmupLr,
      warmup: schedule.warmupSteps(of: total, stepsPerEpoch: stepsPerEpoch), total: total, stepsPerEpoch: stepsPerEpoch)
  }
}
