#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// The learning rate of every update.
public struct Schedule: Sendable, Codable, Equatable {
  /// How the rate falls after the warmup.
  public enum Decay: String, Sendable, Codable {
    case constant, linear, cosine
  }

  /// The rate after warm-up.
  public var peak: Double
  /// The rate at the end.
  public var floor: Double
  /// Updates in which the rate rises.
  public var warmup: Int
  /// Updates in all.
  public var total: Int
  /// How the rate falls from the peak to the floor.
  public var decay: Decay

  /// Rises for `warmup` updates, then falls from `peak` to `floor` over the rest of `total`.
  public init(peak: Double, floor: Double = 0, warmup: Int = 0, total: Int, decay: Decay) {
    self.peak = peak
    self.floor = floor
    self.warmup = warmup
    self.total = total
    self.decay = decay
  }

  /// The rate of update `step` (0-based): transformers' schedules, whose first update of a run without warmup has the
  /// full rate.
  public func rate(at step: Int) -> Double {
    if step < warmup { return peak * Double(step) / Double(max(1, warmup)) }
    let progress = min(1, Double(step - warmup) / Double(max(1, total - warmup)))
    switch decay {
    case .constant: return peak
    case .linear: return floor + (peak - floor) * (1 - progress)
    case .cosine: return floor + (peak - floor) * 0.5 * (1 + cos(.pi * progress))
    }
  }
}
