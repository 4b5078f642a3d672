public import SubCore

/// What AdamW and LAMB share: the running means of gradients and of their squares, rates by group, and the checkpoint
/// of both: `updates`, and `first.NAME` and `second.NAME` for every parameter that is trained.
public class MomentOptimizer: Optimizer {
  /// β₁, β₂ and ε.
  public struct Settings: Sendable, Equatable {
    /// The decay of the mean of gradients.
    public var beta1 = 0.9
    /// The decay of the mean of their squares.
    public var beta2 = 0.999
    /// Added to the root of the second moment.
    public var epsilon = 1e-8

    /// PyTorch's defaults unless told otherwise.
    public init(beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Double = 1e-8) {
      self.beta1 = beta1
      self.beta2 = beta2
      self.epsilon = epsilon
    }
  }

  /// Updates done so far.
  public final private(set) var updates = 0
  final let set: ParameterSet
  final let moments: Moments
  final let rates: [(lrScale: Double, weightDecay: Double)]
  private let settings: Settings

  /// An optimizer with zero moments.
  public init(_ set: ParameterSet, groups: ParameterGroups, settings: Settings = Settings()) {
    self.set = set
    self.settings = settings
    moments = Moments(set)
    rates = groups.rates.map { ($0.lrScale, $0.weightDecay) }
  }

  /// The usual groups: one decay for all but biases and norms.
  public convenience init(_ set: ParameterSet, weightDecay: Double, settings: Settings = Settings()) {
    self.init(set, groups: ParameterGroups(set, weightDecay: weightDecay, rule: .biasesAndNorms), settings: settings)
  }

  public final func step(_ gradients: Gradients, lr: Double, factor: Tensor?) {
    updates += 1
    let numbers = MomentRates(
      lr: lr, beta1: settings.beta1, beta2: settings.beta2, epsilon: settings.epsilon, update: updates,
      factor: factor)
    update(gradients, numbers)
  }

  /// The rule itself: moves the parameters and the moments.
  func update(_ gradients: Gradients, _ numbers: MomentRates) {
    preconditionFailure("\(type(of: self)) has no rule")
  }

  public final func state() -> [StateArray] {
    [StateArray("updates", HostArray([Int64(updates)], shape: [1]))]
      + set.trained.flatMap { parameter in
        [
          StateArray("first", of: parameter.name, set.view(of: parameter, in: moments.first).host()),
          StateArray("second", of: parameter.name, set.view(of: parameter, in: moments.second).host()),
        ]
      }
  }

  public final func restore(_ array: (_ role: String, _ tensor: String?) throws -> HostArray) throws {
    for parameter in set.trained {
      for (role, arena) in [("first", moments.first), ("second", moments.second)] {
        try set.view(of: parameter, in: arena).restore(
          array(role, parameter.name), "optimizer state", at: "\(role).\(parameter.name)")
      }
    }
    moments.markAllTouched()
    updates = try array("updates", nil).updateCount()
  }
}
