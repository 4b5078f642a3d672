/// What a classification loss compares logits with.
public enum Target {
  /// i32 [rows], with label smoothing (cross-entropy only).
  case labels(Tensor, smoothing: Float)
  /// [rows, classes]: mixed labels, or the main branch's probabilities.
  case probabilities(Tensor)

  /// The target of some of the rows, without a gradient.
  public func rows(_ range: Range<Int>) -> Target {
    switch self {
    case .labels(let labels, let smoothing): .labels(labels.samples(range), smoothing: smoothing)
    case .probabilities(let tensor): .probabilities(tensor.samples(range))
    }
  }

  /// The same without a gradient.
  var constant: Target {
    switch self {
    case .labels: self
    case .probabilities(let tensor): .probabilities(tensor.detached())
    }
  }
}
