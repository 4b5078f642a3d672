public import SubCore

/// AdamW with PyTorch's order of operations, fused over all parameters.
public final class AdamW: Optimizer {
  /// β₁, β₂ and ε.
  public struct Settings: Sendable, Codable, Equatable {
    public var beta1 = 0.9
    public var beta2 = 0.999
    public var epsilon = 1e-8

    /// PyTorch's defaults unless told otherwise.
    public init(beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Double = 1e-8) {
      self.beta1 = beta1
      self.beta2 = beta2
      self.epsilon = epsilon
    }
  }

  public private(set) var updates = 0
  private let set: ParameterSet
  private let moments: Moments
  private let rates: [(lrScale: Double, weightDecay: Double)]
  private let settings: Settings

  /// An optimizer with zero moments.
  public init(_ set: ParameterSet, groups: ParameterGroups, settings: Settings = Settings()) {
    self.set = set
    self.settings = settings
    moments = Moments(set)
    rates = groups.rates.map { ($0.lrScale, $0.weightDecay) }
  }

  public func step(_ gradients: Gradients, lr: Double, scale: Double) {
    updates += 1
    let numbers = MomentRates(
      lr: lr, beta1: settings.beta1, beta2: settings.beta2, epsilon: settings.epsilon, update: updates,
      gradientScale: scale)
    set.adamW(gradients, moments, numbers, rates: rates)
  }

  public func state() -> [(name: String, array: HostArray)] { moments.state(of: set, updates: updates) }

  public func restore(_ array: (String) throws -> HostArray) throws {
    updates = try moments.restore(to: set, array)
  }
}
