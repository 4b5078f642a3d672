public import SubCore

/// A module that knows what to add to the scores of attention, before softmax: relative positions.
public protocol ScoreBias: Module {
  /// [heads, T, T].
  func scores(on device: Device) -> Tensor
}
