import SubNN

/// GradAug's form by depth (Yang, Zhu, Chen, "GradAug", NeurIPS 2020): the whole network learns from the label, and three
/// networks that stochastic depth leaves of it learn what the whole one says. Their rate rises from 0 in the first block;
/// gradients add up with weight 1 each, and all see the input as it is. The form by width, whose sub-networks have fewer
/// channels and see smaller images, is another one and not here.
///
///     L = L(f(x), y) + Σᵢ L(fᵢ(x), softmax f(x))      i = 1, 2, 3
public struct GradAugDepth: Method {
  public static let name = "gradaug-depth"
  public static let ratio: MethodRatio? = MethodRatio(
    "stochastic depth of the last block", unlessGiven: "0.2"
  ) { _ in 0.2 }
  private static let networks = 3
  /// The sub-networks' stochastic depth of the last block.
  public let dropPath: Double

  /// The method whose sub-networks drop the last block with a chance of `ratio`.
  public init(_ settings: MethodSettings) { dropPath = settings.ratio }
  public var numbers: [(name: String, value: Double)] { [("ratio", dropPath)] }

  public func train<Task>(_ step: Step<Task>) {
    let whole = step.branch(0) { $0.dropPath = .everywhere(0) }
    let target = step.softTarget(of: whole)
    step.backward(.main(step.loss(whole)))
    for number in 1...Self.networks {
      let output = step.branch(number) { $0.dropPath = .rising(to: Float(dropPath)) }
      step.backward(.sub(step.loss(output, mimicking: target), weight: 1))
    }
  }
}
