/// Plain supervised training.
///
///     L = L(f(x), y)
public struct Baseline: Method {
  public static let name = "baseline"
  public static let ratio: MethodRatio? = nil

  /// Plain training has no numbers.
  public init(_ settings: MethodSettings = MethodSettings()) {}
  public var numbers: [(name: String, value: Double)] { [] }

  public func train<Task>(_ step: Step<Task>) {
    let output = step.branch(0)
    step.backward(.main(step.loss(output)))
  }
}
