public import SubCore

/// LAMB (You et al. 2020) as apex's FusedLAMB and timm's Lamb compute it: gradients divided by their global norm where
/// that exceeds 1, Adam's direction with decay, and the trust ratio ‖p‖/‖u‖ for the parameters that decay; those that
/// do not move at the full rate.
public final class LAMB: Optimizer {
  /// β₁, β₂, ε, and the norm that the gradients are brought down to.
  public struct Settings: Sendable, Codable, Equatable {
    public var beta1 = 0.9
    public var beta2 = 0.999
    /// DeiT-III 1e-8, timm's own default (RSB) 1e-6.
    public var epsilon = 1e-8
    /// Built into both implementations; Table B.1's "gradient clip 1.0".
    public var maxGradientNorm = 1.0

    /// DeiT-III's numbers unless told otherwise.
    public init(beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Double = 1e-8, maxGradientNorm: Double = 1) {
      self.beta1 = beta1
      self.beta2 = beta2
      self.epsilon = epsilon
      self.maxGradientNorm = maxGradientNorm
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
    let norm = gradients.norm() * scale / settings.maxGradientNorm
    let numbers = MomentRates(
      lr: lr, beta1: settings.beta1, beta2: settings.beta2, epsilon: settings.epsilon, update: updates,
      gradientScale: norm > 1 ? scale / norm : scale)
    set.lamb(gradients, moments, numbers, rates: rates)
  }

  public func state() -> [(name: String, array: HostArray)] { moments.state(of: set, updates: updates) }

  public func restore(_ array: (String) throws -> HostArray) throws {
    updates = try moments.restore(to: set, array)
  }
}
