/// The type of activations and of what products read. Weights, their gradients and moments, statistics, losses and sums
/// are f32 in either.
public enum Precision: String, Sendable, CaseIterable {
  /// Everything in f32.
  case fp32
  /// Activations and their gradients, saved tensors, and a shadow of the weights in bf16.
  case bf16

  /// The type of the weights' shadow; nil: products read the weights themselves.
  var shadow: DType? { self == .bf16 ? .bf16 : nil }
}
