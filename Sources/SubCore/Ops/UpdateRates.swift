/// The numbers of one AdamW or LAMB update that all parameters share.
public struct MomentRates {
  /// The rate of this update, the moments' decays, and what is added to the root of the second.
  public var lr, beta1, beta2, epsilon: Double
  /// The number of this update, from 1, for the bias corrections.
  public var update: Int
  /// A factor on every gradient (clipping): one element, f64, on the device; nil: 1.
  public var factor: Tensor?

  /// Rates of one update.
  public init(lr: Double, beta1: Double, beta2: Double, epsilon: Double, update: Int, factor: Tensor? = nil) {
    self.lr = lr
    self.beta1 = beta1
    self.beta2 = beta2
    self.epsilon = epsilon
    self.update = update
    self.factor = factor
  }

  var kernel: AdamRates {
    AdamRates(
      lr: lr, beta1: beta1, beta2: beta2, epsilon: epsilon, correction1: 1 - power(beta1, update),
      correction2: 1 - power(beta2, update), factor: factor)
  }
}

/// The numbers of one SGD update that all parameters share.
public struct SGDRates {
  /// The rate of this update.
  public var lr: Double
  /// What of the running sum stays.
  public var momentum: Double
  /// Nesterov's momentum: the step looks ahead.
  public var isNesterov: Bool
  /// A factor on every gradient (clipping): one element, f64, on the device; nil: 1.
  public var factor: Tensor?

  /// Rates of one update.
  public init(lr: Double, momentum: Double, isNesterov: Bool = false, factor: Tensor? = nil) {
    self.lr = lr
    self.momentum = momentum
    self.isNesterov = isNesterov
    self.factor = factor
  }
}

extension MomentRates {
  /// The rates with a factor that also divides gradients of this norm (before it) by what of it exceeds 1: LAMB's own
  /// clipping.
  public func capped(norm: Tensor) -> MomentRates {
    var rates = self
    let capped = norm.like([])
    norm.backend.scalar(.capped, norm, factor, into: capped)
    rates.factor = capped
    return rates
  }
}

/// base^exponent by repeated squaring.
private func power(_ base: Double, _ exponent: Int) -> Double {
  var (result, factor, rest) = (1.0, base, exponent)
  while rest > 0 {
    if rest & 1 == 1 { result *= factor }
    factor *= factor
    rest >>= 1
  }
  return result
}
