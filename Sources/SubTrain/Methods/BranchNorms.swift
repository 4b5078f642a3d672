public import SubCore

/// Measures what each branch of a step adds to the gradient, for `--analyze`. The weights of what branches share are left
/// out: one way back serves all of them.
public final class BranchNorms {
  private let set: ParameterSet
  private lazy var separate = Gradients(set)
  private var count = 0
  /// The norms of the last step, one for each way back; empty where there was only one.
  public private(set) var values: [Tensor] = []

  /// Norms over the parameters of a set.
  public init(_ set: ParameterSet) { self.set = set }

  func begin() { (count, values) = (0, []) }

  /// Runs a way back, adding to `gradients`, which nothing but this step may have filled.
  func measure(_ gradients: Gradients, _ backward: (Gradients) -> Void) {
    count += 1
    guard count > 1 else { return backward(gradients) }
    if count == 2 { values = [gradients.norm()] }
    backward(separate)
    values.append(separate.norm())
    gradients.add(separate)
    separate.clear()
  }
}
