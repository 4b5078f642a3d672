#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// The learning rate of every update: a linear warmup, then a fall to the floor. The originals differ in what is counted
/// and in where the fall begins; each form keeps its original's numbers.
public struct Schedule: Sendable, Equatable {
  /// What the originals do.
  public enum Form: String, Sendable, CaseIterable {
    /// By the epoch, and one epoch late: epoch e has the rate of e − 1, so that the first two both run at the warmup's
    /// rate. The cosine counts from the start, so the rate falls a little at the warmup's end. timm 0.3.2 as DeiT
    /// steps it.
    case epochLate = "epoch-late"
    /// By the epoch, on time; the cosine counts from the start. RSB.
    case epoch
    /// By the update, a fraction of an epoch; the cosine counts from the warmup's end. MAE.
    case fraction
    /// By the update, from a table: the warmup's last update has the peak already, and so has the one behind it. BEiT.
    case table
    /// By the update, and one update late; the cosine counts from the start. Swin with `WARMUP_PREFIX` false.
    case updateLate = "update-late"
    /// By the update, and the warmup one update early: its first update is a step above the warmup's rate, its last has
    /// the peak. open_clip.
    case updateEarly = "update-early"
    /// By the update: a cosine from the warmup's end. transformers, as the two below; the first update of a run without
    /// warmup has the full rate.
    case cosine
    /// By the update: a straight line from the warmup's end.
    case linear
    /// The peak, behind the warmup.
    case constant

    /// Whether the schedule is that of all epochs even where a run is told to end earlier; the others end with the run.
    public var spansEpochs: Bool {
      switch self {
      case .epochLate, .epoch, .fraction, .table, .updateLate: true
      case .updateEarly, .cosine, .linear, .constant: false
      }
    }
  }

  /// What falls, and how it is counted.
  public var form: Form
  /// The rate at the warmup's end, and the one that is gone to.
  public var peak, floor: Double
  /// The rate at which the warmup begins.
  public var warmupRate: Double
  /// Updates in which the rate rises, and in all.
  public var warmup, total: Int
  /// Updates of an epoch.
  public var stepsPerEpoch: Int

  /// Rises for `warmup` updates, then falls from `peak` to `floor` until `total`.
  public init(
    _ form: Form, peak: Double, floor: Double = 0, warmupRate: Double = 0, warmup: Int = 0, total: Int,
    stepsPerEpoch: Int = 1
  ) {
    (self.form, self.peak, self.floor, self.warmupRate) = (form, peak, floor, warmupRate)
    (self.warmup, self.total, self.stepsPerEpoch) = (warmup, total, max(1, stepsPerEpoch))
  }

  /// The rate of an update, counted from 0, before any layer's factor.
  public func rate(at step: Int) -> Double {
    switch form {
    case .epochLate, .epoch, .fraction: return rate(atEpoch: Double(step) / Double(stepsPerEpoch))
    case .table:
      if step < warmup { return warmupRate + (peak - warmupRate) * Double(step) / Double(max(1, warmup - 1)) }
      return cosine(behindWarmup(step))
    case .updateLate:
      let position = Double(max(step - 1, 0))
      return ramp(position, Double(warmup)) ?? cosine(position / Double(max(1, total)))
    case .updateEarly: return step < warmup ? ramp(by: Double(step + 1), Double(warmup)) : cosine(behindWarmup(step))
    case .cosine: return ramp(Double(step), Double(warmup)) ?? cosine(behindWarmup(step))
    case .linear: return ramp(Double(step), Double(warmup)) ?? floor + (peak - floor) * (1 - behindWarmup(step))
    case .constant: return ramp(Double(step), Double(warmup)) ?? peak
    }
  }

  /// The rate at a point of the run counted in epochs; forms that go by the epoch take the epoch it lies in.
  public func rate(atEpoch point: Double) -> Double {
    let warmup = Double(warmup) / Double(stepsPerEpoch)
    let total = max(1, Double(total) / Double(stepsPerEpoch))
    switch form {
    case .epochLate:
      let epoch = max(point.rounded(.down) - 1, 0)
      return ramp(epoch, warmup) ?? cosine(epoch / total)
    case .epoch:
      let epoch = point.rounded(.down)
      return ramp(epoch, warmup) ?? cosine(epoch / total)
    case .fraction: return ramp(point, warmup) ?? cosine((point - warmup) / max(1e-9, total - warmup))
    default: return rate(at: Int((point * Double(stepsPerEpoch)).rounded()))
    }
  }

  /// How far an update lies between the warmup's end and the run's, 0 to 1.
  private func behindWarmup(_ step: Int) -> Double { min(1, Double(step - warmup) / Double(max(1, total - warmup))) }

  /// The warmup's rate; nil behind it.
  private func ramp(_ position: Double, _ warmup: Double) -> Double? {
    position < warmup ? ramp(by: position, warmup) : nil
  }

  private func ramp(by position: Double, _ warmup: Double) -> Double {
    warmupRate + position * (peak - warmupRate) / warmup
  }

  private func cosine(_ share: Double) -> Double { floor + 0.5 * (peak - floor) * (1 + cos(.pi * min(1, share))) }
}
