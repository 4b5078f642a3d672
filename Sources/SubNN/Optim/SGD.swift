public import SubCore

/// SGD with momentum as torch.optim.SGD, fused over all parameters: decay within the gradient, no dampening. Checkpoints
/// hold `updates`, and `momentum.NAME` for every parameter.
public final class SGD: Optimizer {
  /// What is not a rate.
  public struct Settings: Sendable, Equatable {
    /// What of the running sum of gradients stays; 0: there is none.
    public var momentum = 0.9
    /// Nesterov's momentum.
    public var isNesterov = false

    /// Momentum 0.9 unless told otherwise.
    public init(momentum: Double = 0.9, isNesterov: Bool = false) {
      precondition(momentum > 0 || !isNesterov, "SGD: Nesterov's momentum needs momentum")
      self.momentum = momentum
      self.isNesterov = isNesterov
    }
  }

  /// Updates done so far.
  public private(set) var updates = 0
  private let set: ParameterSet
  private let sum: Tensor?
  private let rates: [(lrScale: Double, weightDecay: Double)]
  private let settings: Settings

  /// An optimizer at rest.
  public init(_ set: ParameterSet, groups: ParameterGroups, settings: Settings = Settings()) {
    self.set = set
    self.settings = settings
    sum = settings.momentum == 0 ? nil : set.zeros()
    rates = groups.rates.map { ($0.lrScale, $0.weightDecay) }
  }

  public func step(_ gradients: Gradients, lr: Double, factor: Tensor?) {
    updates += 1
    let numbers = SGDRates(
      lr: lr, momentum: settings.momentum, isNesterov: settings.isNesterov, factor: factor)
    set.sgd(gradients, sum: sum, numbers, rates: rates)
  }

  public func state() -> [StateArray] {
    [StateArray("updates", HostArray([Int64(updates)], shape: [1]))]
      + sums.map { StateArray("momentum", of: $0.name, $0.values.host()) }
  }

  public func restore(_ array: (_ role: String, _ tensor: String?) throws -> HostArray) throws {
    for (name, sum) in sums {
      try sum.restore(array("momentum", name), "optimizer state", at: "momentum.\(name)")
    }
    updates = try array("updates", nil).updateCount()
  }

  /// The running sum of every parameter.
  private var sums: [(name: String, values: Tensor)] {
    guard let sum else { return [] }
    return set.trained.map { ($0.name, set.view(of: $0, in: sum)) }
  }
}
