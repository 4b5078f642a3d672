import SubNN

/// Co-training two submodels that stochastic depth draws from one network (Touvron et al., "Co-training 2^L submodels",
/// CVPR 2023): both by the label, and each by what the other says. Both graphs are alive at once, so that a step has
/// twice the time and the activations of a baseline's.
///
///     L = (1 − λ)/2 · (L(f₁(x), y) + L(f₂(x), y)) + λ/2 · (L(f₁(x), softmax f₂(x)) + L(f₂(x), softmax f₁(x)))
public struct CoSub: Method {
  public static let name = "cosub"
  // Without stochastic depth the submodels are the same one.
  public static let ratio: MethodRatio? = MethodRatio(
    "stochastic depth", in: 0.001..<1, unlessGiven: "the recipe's own"
  ) { $0.dropPath }
  /// The stochastic depth of both.
  public let dropPath: Double
  /// The same for every block; nil: it is the network's own, with the schedule that it has there.
  let rates: PathRates?
  /// λ, the share of what they say to each other.
  public let subWeight: Double

  /// The method whose submodels have a stochastic depth of `ratio` in every block, or the model's own where nobody chose one.
  public init(_ settings: MethodSettings) {
    (dropPath, subWeight) = (settings.ratio, settings.subWeight)
    rates = settings.isRatioGiven ? .everywhere(Float(dropPath)) : nil
  }
  public var numbers: [(name: String, value: Double)] { [("ratio", dropPath), ("sub_weight", subWeight)] }

  public func train<Task>(_ step: Step<Task>) {
    let one = step.branch(0) { $0.dropPath = rates }
    let other = step.branch(1) { $0.dropPath = rates }
    step.backward(
      .main(step.loss(one), weight: (1 - subWeight) / 2), .main(step.loss(other), weight: (1 - subWeight) / 2),
      .sub(step.loss(one, mimicking: step.softTarget(of: other)), weight: subWeight / 2),
      .sub(step.loss(other, mimicking: step.softTarget(of: one)), weight: subWeight / 2))
  }
}
