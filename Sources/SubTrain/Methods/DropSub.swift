import SubNN

/// MaskSub's equation with dropout in place of masking: at the output of every attention and MLP.
public struct DropSub: Method {
  public static let name = "dropsub"
  public static let ratio: MethodRatio? = MethodRatio("dropout", unlessGiven: "0.2") { _ in 0.2 }
  /// The sub-branch's dropout.
  public let dropout: Double
  /// λ, the sub-branch's share of the loss.
  public let subWeight: Double

  /// The method whose sub-branch has dropout `ratio`.
  public init(_ settings: MethodSettings) { (dropout, subWeight) = (settings.ratio, settings.subWeight) }
  public var numbers: [(name: String, value: Double)] { [("ratio", dropout), ("sub_weight", subWeight)] }

  public func train<Task>(_ step: Step<Task>) {
    step.mainAndSub(subWeight) { $0.branchDropout = Float(dropout) }
  }
}
