/// A cut in the graph where gradients of several backward passes are summed before they go on. What both branches
/// share (CLIP's text features) is computed once, cut here, and sent back through its tower in one pass.
public final class Junction {
  private let original: Tensor
  private let isLeaf: Bool
  /// The sum so far; nil where no gradient has arrived.
  public internal(set) var gradient: Tensor?

  /// Cuts behind `tensor`. A leaf collects gradients though nothing recorded stands behind it: for features that are
  /// computed again, with recording, once their gradient is known.
  public init(_ tensor: Tensor, isLeaf: Bool = false) {
    original = tensor
    self.isLeaf = isLeaf
  }

  /// The tensor as both branches see it.
  public var tensor: Tensor {
    var tensor = original.detached()
    if Tape.isRecording && (isLeaf || original.isTracked) { tensor.source = .junction(self) }
    return tensor
  }

  /// Sends the sum on into the graph behind the cut, once.
  public func backward(into gradients: Gradients) {
    guard let sum = gradient else { return }
    gradient = nil
    original.backward(from: sum, into: gradients)
  }
}
