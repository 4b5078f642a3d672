public import SubCore

/// The two linear layers behind attention. Keys: `fc1`, `fc2`.
public final class FeedForward: Module {
  let fc1, fc2: Linear
  private let activation: Activation

  /// From `width` to `hidden` features and back.
  public init(_ config: TransformerConfig) {
    let start = config.start
    fc1 = Linear(config.width, config.hidden, weights: start.expansion, biases: start.expansionBias)
    fc2 = Linear(config.hidden, config.width, weights: start.contraction, biases: start.contractionBias)
    activation = config.activation
  }

  /// [R, D] → [R, D]; `dropout` acts behind the activation.
  public func callAsFunction(_ x: Tensor, _ dropout: Dropout? = nil) -> Tensor {
    fc2(fc1(x, activation).dropped(dropout))
  }
}
