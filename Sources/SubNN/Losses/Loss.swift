public import SubCore

/// A supervised loss together with the soft target by which the sub-branch mimics the main branch. Which target belongs
/// to which loss is decided here and nowhere else.
public enum Loss: Sendable, Equatable {
  /// Softmax cross-entropy. How far labels are smoothed is their target's to say.
  case crossEntropy
  /// Binary cross-entropy with logits, mean over rows and classes; smoothed labels are `.probabilities`.
  case binaryCrossEntropy
  /// Mean squared error of a regression.
  case meanSquaredError

  /// The loss against labels. Regression: `.probabilities` holds the values.
  public func callAsFunction(_ output: Tensor, _ target: Target) -> Tensor {
    switch self {
    case .crossEntropy: return output.crossEntropy(target)
    case .binaryCrossEntropy: return output.binaryCrossEntropy(target)
    case .meanSquaredError:
      guard case .probabilities(let values) = target else { preconditionFailure("meanSquaredError: integer labels") }
      return output.meanSquaredError(values)
    }
  }

  /// What the sub-branch is to reproduce, a constant: softmax of the main output for cross-entropy, its sigmoid for
  /// binary cross-entropy, the output itself for a regression.
  public func softTarget(of output: Tensor) -> Target {
    switch self {
    case .crossEntropy: .probabilities(output.detached().softmax())
    case .binaryCrossEntropy: .probabilities(output.detached().sigmoid())
    case .meanSquaredError: .probabilities(output.detached())
    }
  }
}
