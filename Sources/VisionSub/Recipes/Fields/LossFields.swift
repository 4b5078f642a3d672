public import SubTrain

/// `loss.*` of a vision recipe: the supervised loss of the main branch.
public struct LossFields: FieldGroup {
  /// The supervised losses.
  public enum Name: String, Sendable, CaseIterable {
    /// Softmax cross-entropy, against mixed labels where there is mixing.
    case crossEntropy = "ce"
    /// Binary cross-entropy with logits.
    case binaryCrossEntropy = "bce"
  }

  /// The supervised loss.
  public var name = Name.crossEntropy
  /// Label smoothing of the main branch.
  public var smoothing = 0.0
  /// Whether every class with a share in a mixed label counts as wholly there (DeiT-III's BCE).
  public var binarizesTargets = false

  /// Cross-entropy.
  public init() {}

  /// Whether that is done: by the binary loss alone, as in DeiT's and timm's code.
  public var binarizes: Bool { name == .binaryCrossEntropy && binarizesTargets }

  public static let fields: [Field<Self>] = [
    Field("name", \.name, "softmax cross-entropy, or binary cross-entropy with logits"),
    Field("smoothing", \.smoothing, .fraction, "label smoothing of the main branch"),
    Field("binarizes_targets", \.binarizesTargets, "whether every class with a share in a mixed label counts as 1")
      .idle { $0.name == .crossEntropy ? "with the loss ce" : nil },
  ]
}
