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

/// First and second moments of a `ParameterSet`, in flat arenas like its own.
public final class Moments {
  /// Both moments, flat.
  public let first, second: Tensor
  /// Rows of tables whose moments are not all zero, u8, by slot.
  private var everTouched: [Int: Tensor] = [:]

  /// Zero moments.
  public init(_ set: ParameterSet) {
    first = set.zeros()
    second = set.zeros()
  }

  /// Tells that moments were written from outside: every row may hold something.
  public func markAllTouched() {
    for flags in everTouched.values { flags.backend.fill(flags, with: 1) }
    allTouched = true
  }
  private var allTouched = false

  /// The flags of a table.
  fileprivate func everTouched(slot: Int, rows: Int) -> Tensor {
    if let flags = everTouched[slot] { return flags }
    let flags = Tensor([rows], filledWith: allTouched ? 1 : 0, dtype: .u8, on: first.device)
    everTouched[slot] = flags
    return flags
  }
}

extension ParameterSet {
  /// AdamW (Loshchilov and Hutter 2019, PyTorch's order of operations) on every parameter that has a gradient, in one
  /// pass. `rates` are each parameter's factor on the learning rate and weight decay. Consumes the gradients.
  ///
  /// Exact for tables too: a row without a gradient still decays and still moves with its momentum; a row that never had
  /// one has no moments and only decays.
  public func adamW(
    _ gradients: Gradients, _ moments: Moments, _ numbers: MomentRates, rates: [(lrScale: Double, weightDecay: Double)]
  ) {
    arena.backend.adamW(
      numbers.kernel, segments(gradients, rates) { moments.everTouched(slot: $0, rows: $1) },
      OptimizerMemory(
        p: arena, g: gradients.arena, m: moments.first, v: moments.second, shadow: arena.storage.shadow?.current))
    gradients.clear()
  }

  /// SGD as torch.optim.SGD with dampening 0: the decay is part of the gradient, g + weightDecay · p. With momentum the
  /// step is its running `sum` (an arena of zeros at the start; nil: no momentum) or, with Nesterov's, the sum as it will
  /// be. Consumes the gradients.
  public func sgd(
    _ gradients: Gradients, sum: Tensor?, _ numbers: SGDRates, rates: [(lrScale: Double, weightDecay: Double)]
  ) {
    precondition(sum == nil || sum!.count == trainedEnd, "sgd: sum \(sum!.shape), \(trainedEnd) weights")
    arena.backend.sgd(
      numbers, segments(gradients, rates), p: arena, g: gradients.arena, sum: sum, shadow: arena.storage.shadow?.current
    )
    gradients.clear()
  }

  /// The runs of the arena that have gradients and rates of their own. `ever` keeps the flags of a table's rows (its slot
  /// and their number); without it a table is a parameter like any other.
  private func segments(
    _ gradients: Gradients, _ rates: [(lrScale: Double, weightDecay: Double)],
    ever: ((_ slot: Int, _ rows: Int) -> Tensor)? = nil
  ) -> [UpdateSegment] {
    var segments: [UpdateSegment] = []
    for parameter in parameters where gradients.isTouched(parameter) {
      let slot = parameter.slot
      let (lrScale, decay) = rates[slot]
      let padded = (parameter.shape.count + 15) / 16 * 16
      if let ever, let touched = gradients.touchedRows[slot] {
        let rows = parameter.shape[0]
        segments.append(
          UpdateSegment(
            offset: offsets[slot], count: parameter.shape.count, lrScale: lrScale, weightDecay: decay,
            table: (parameter.shape.count / max(1, rows), touched, ever(slot, rows))))
      } else if let last = segments.last, last.table == nil, last.lrScale == lrScale, last.weightDecay == decay,
        last.offset + last.count == offsets[slot]
      {
        segments[segments.count - 1] = UpdateSegment(
          offset: last.offset, count: last.count + padded, lrScale: lrScale, weightDecay: decay, table: nil)
      } else {
        segments.append(
          UpdateSegment(offset: offsets[slot], count: padded, lrScale: lrScale, weightDecay: decay, table: nil))
      }
    }
    return segments
  }

  /// LAMB (You et al. 2020) as apex's FusedLAMB and timm's Lamb compute it: the trust ratio ‖p‖/‖u‖ acts only where a
  /// parameter decays. Consumes the gradients.
  public func lamb(
    _ gradients: Gradients, _ moments: Moments, _ numbers: MomentRates, rates: [(lrScale: Double, weightDecay: Double)]
  ) {
    for parameter in parameters where gradients.isTouched(parameter) {
      let (lrScale, decay) = rates[parameter.slot]
      let memory = OptimizerMemory(
        p: parameter.value, g: gradients.value(of: parameter), m: view(of: parameter, in: moments.first),
        v: view(of: parameter, in: moments.second), shadow: nil)
      arena.backend.lamb(numbers.kernel, lrScale: lrScale, weightDecay: decay, memory)
    }
    arena.storage.shadow?.invalidate()
    gradients.clear()
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

extension Parameter {
  /// Holds the values in a range, where they are.
  public func clamp(to range: ClosedRange<Double>) {
    value.storage.shadow?.invalidate()
    let values = StridedView(value)
    for (function, bound) in [(BinaryFunction.larger, range.lowerBound), (.smaller, range.upperBound)] {
      let limit = StridedView(value.constant(bound)).broadcast(to: shape)
      value.backend.apply(function, values, limit, into: value)
    }
  }
}

extension Tensor {
  /// average = decay · average + (1 − decay) · self, of the same shape; nothing is recorded.
  public func average(into average: Tensor, decay: Double) {
    precondition(average.shape == shape, "average: \(shape) into \(average.shape)")
    backend.average(detached(), decay: decay, into: average)
  }

  /// sum = sum + factor · self, of the same shape; nothing is recorded.
  public func add(to sum: Tensor, times factor: Double = 1) {
    precondition(sum.shape == shape, "add: \(shape) to \(sum.shape)")
    backend.combine(factor, detached(), 1, into: sum)
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
