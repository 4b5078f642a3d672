extension Method {
  /// What a ratio means depends on what is hidden.
  public enum Modality: Sendable { case image, text }

  /// The share that is hidden unless told otherwise: half of an image, 15 % of a text's tokens; dropout 0.2; stochastic
  /// depth 0.1 above the recipe's own.
  public func defaultRatio(_ modality: Modality, dropPath: Double = 0) -> Double {
    switch self {
    case .baseline: 0
    case .masksub, .masking: modality == .image ? 0.5 : 0.15
    case .dropsub: 0.2
    case .pathsub: dropPath + 0.1
    }
  }
}
