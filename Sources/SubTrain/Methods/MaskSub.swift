public import SubNN

/// Training with a masked sub-branch (Heo et al., "Masking meets Supervision", CVPR 2025, Eq. 1 and 3): the input by its
/// label, and the masked input by what the network says of the whole one.
///
///     L = (1 − λ) · L(f(x), y) + λ · L(f(m ⊙ x), softmax f(x))
public struct MaskSub: Method {
  public static let name = "masksub"
  public static let ratio: MethodRatio? = .hidden
  /// m, what the sub-branch does not see.
  public let masking: Masking?
  /// λ, the sub-branch's share of the loss.
  public let subWeight: Double

  /// The method that hides `ratio` of every input from the sub-branch.
  public init(_ settings: MethodSettings) { (masking, subWeight) = (settings.masking, settings.subWeight) }
  public var numbers: [(name: String, value: Double)] { [("ratio", masking?.ratio ?? 0), ("sub_weight", subWeight)] }

  public func train<Task>(_ step: Step<Task>) { step.mainAndSub(subWeight) { $0.masking = masking } }
}

extension Step {
  /// The equation, whatever it is by which the sub-branch has it harder.
  func mainAndSub(_ subWeight: Double, harder: (inout Pass) -> Void) {
    let main = branch(0)
    let target = softTarget(of: main)
    // Frees the main branch's graph before the sub-branch runs.
    backward(.main(loss(main), weight: 1 - subWeight))

    let sub = branch(1, harder)
    backward(.sub(loss(sub, mimicking: target), weight: subWeight))
  }
}
