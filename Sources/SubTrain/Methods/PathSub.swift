import SubNN

/// MaskSub's equation with stochastic depth in place of masking: the same in every block.
public struct PathSub: Method {
  public static let name = "pathsub"
  public static let ratio: MethodRatio? = MethodRatio(
    "stochastic depth", unlessGiven: "the recipe's drop-path + 0.1"
  ) { $0.dropPath + 0.1 }
  /// The sub-branch's stochastic depth.
  public let dropPath: Double
  /// λ, the sub-branch's share of the loss.
  public let subWeight: Double

  /// The method whose sub-branch has a stochastic depth of `ratio`.
  public init(_ settings: MethodSettings) { (dropPath, subWeight) = (settings.ratio, settings.subWeight) }
  public var numbers: [(name: String, value: Double)] { [("ratio", dropPath), ("sub_weight", subWeight)] }

  public func train<Task>(_ step: Step<Task>) {
    step.mainAndSub(subWeight) { $0.dropPath = .everywhere(Float(dropPath)) }
  }
}
