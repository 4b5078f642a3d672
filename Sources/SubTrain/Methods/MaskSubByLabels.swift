public import SubNN

/// MaskSub without distillation (Table A.6): the masked branch learns from the label too.
///
///     L = (1 − λ) · L(f(x), y) + λ · L(f(m ⊙ x), y)
public struct MaskSubByLabels: Method {
  public static let name = "masksub-labels"
  public static let ratio: MethodRatio? = .hidden
  /// m, what the sub-branch does not see.
  public let masking: Masking?
  /// λ, the sub-branch's share of the loss.
  public let subWeight: Double

  /// The method that hides `ratio` of every input from the sub-branch.
  public init(_ settings: MethodSettings) { (masking, subWeight) = (settings.masking, settings.subWeight) }
  public var numbers: [(name: String, value: Double)] { [("ratio", masking?.ratio ?? 0), ("sub_weight", subWeight)] }

  public func train<Task>(_ step: Step<Task>) {
    step.backward(.main(step.loss(step.branch(0)), weight: 1 - subWeight))
    step.backward(.sub(step.loss(step.branch(1) { $0.masking = masking }), weight: subWeight))
  }
}
