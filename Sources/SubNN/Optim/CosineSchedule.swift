#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// The learning rate of the vision recipes: a linear warmup, then half a cosine. The originals differ in what is
/// counted and in where the cosine begins; each form keeps its original's numbers.
public struct CosineSchedule: Sendable, Codable, Equatable {
  /// What the originals do.
  public enum Form: String, Sendable, Codable, CaseIterable {
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
  }

  /// Whose cosine it is.
  public var form: Form
  /// The rate at the warmup's end, and the one that the cosine goes to.
  public var peak, floor: Double
  /// The rate at which the warmup begins.
  public var warmupRate: Double
  /// Epochs in which the rate rises, and in all.
  public var warmupEpochs, epochs: Int
  /// Updates of an epoch.
  public var stepsPerEpoch: Int

  /// A schedule over `epochs` epochs of `stepsPerEpoch` updates.
  public init(
    _ form: Form, peak: Double, floor: Double, warmupRate: Double = 0, warmupEpochs: Int, epochs: Int,
    stepsPerEpoch: Int
  ) {
    self.form = form
    self.peak = peak
    self.floor = floor
    self.warmupRate = warmupRate
    self.warmupEpochs = warmupEpochs
    self.epochs = epochs
    self.stepsPerEpoch = max(1, stepsPerEpoch)
  }

  /// The rate of an update, counted from 0, before any layer's factor.
  public func rate(at step: Int) -> Double {
    switch form {
    case .epochLate, .epoch, .fraction: return rate(atEpoch: Double(step) / Double(stepsPerEpoch))
    case .table:
      let warmup = warmupEpochs * stepsPerEpoch
      if step < warmup { return warmupRate + (peak - warmupRate) * Double(step) / Double(max(1, warmup - 1)) }
      return cosine(Double(step - warmup) / Double(max(1, epochs * stepsPerEpoch - warmup)))
    case .updateLate:
      let (position, warmup) = (Double(max(step - 1, 0)), Double(warmupEpochs * stepsPerEpoch))
      return ramp(position, warmup) ?? cosine(position / Double(max(1, epochs * stepsPerEpoch)))
    }
  }

  /// The rate at a point of the run counted in epochs; forms that go by the epoch take the epoch it lies in.
  public func rate(atEpoch point: Double) -> Double {
    let (warmup, total) = (Double(warmupEpochs), Double(max(1, epochs)))
    switch form {
    case .epochLate:
      let epoch = max(point.rounded(.down) - 1, 0)
      return ramp(epoch, warmup) ?? cosine(epoch / total)
    case .epoch:
      let epoch = point.rounded(.down)
      return ramp(epoch, warmup) ?? cosine(epoch / total)
    case .fraction: return ramp(point, warmup) ?? cosine((point - warmup) / max(1e-9, total - warmup))
    case .table, .updateLate: return rate(at: Int((point * Double(stepsPerEpoch)).rounded()))
    }
  }

  private func ramp(_ position: Double, _ warmup: Double) -> Double? {
    position < warmup ? warmupRate + position * (peak - warmupRate) / warmup : nil
  }

  private func cosine(_ share: Double) -> Double { floor + 0.5 * (peak - floor) * (1 + cos(.pi * min(1, share))) }
}
