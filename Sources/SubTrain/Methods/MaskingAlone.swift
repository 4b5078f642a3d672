public import SubNN

/// The masked input by the label and nothing else, as MaskSub is compared with (Eq. 2).
///
///     L = L(f(m ⊙ x), y)
public struct MaskingAlone: Method {
  public static let name = "masking"
  public static let ratio: MethodRatio? = .hidden
  /// m, what the network does not see.
  public let masking: Masking?

  /// The method that hides `ratio` of every input.
  public init(_ settings: MethodSettings) { masking = settings.masking }
  public var numbers: [(name: String, value: Double)] { [("ratio", masking?.ratio ?? 0)] }

  public func train<Task>(_ step: Step<Task>) {
    let output = step.branch(0) { $0.masking = masking }
    step.backward(.main(step.loss(output)))
  }
}
