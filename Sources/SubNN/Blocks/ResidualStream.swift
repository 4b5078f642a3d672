public import SubCore

/// The residual stream together with its norm: every joint and the norm behind it are one pass over memory, so each half
/// of a block hands on what the next one reads.
public struct ResidualStream {
  /// [R, D].
  public let joint: Tensor
  private let norm: Tensor?

  /// [R, D]: what comes next reads this; the joint itself where no norm stands between.
  public var normed: Tensor { norm ?? joint }

  /// A stream and its norm; nil: none stands before what comes next.
  public init(_ joint: Tensor, normed: Tensor? = nil) { (self.joint, norm) = (joint, normed) }

  /// Joint and norm, where there is one.
  var parts: [Tensor] { [joint] + (norm.map { [$0] } ?? []) }

  /// A stream of its parts.
  init(parts: [Tensor]) { self.init(parts[0], normed: parts.count > 1 ? parts[1] : nil) }

  /// The stream of some rows alone.
  func rows(_ indices: Tensor) -> ResidualStream {
    ResidualStream(joint.gatherRows(indices), normed: norm?.gatherRows(indices))
  }

  /// The stream behind a joint and the norm that follows. A norm that stands behind the joint becomes the stream itself.
  func adding(
    _ branch: Tensor, _ options: BranchOptions, then norm: LayerNorm?, _ place: TransformerConfig.Norm
  ) -> ResidualStream {
    guard let norm else { return ResidualStream(joint.adding(branch: branch, options)) }
    // A norm before the next half is read by products alone; behind the joint it is the stream itself.
    let (sum, normed) = joint.adding(branch: branch, options, thenNorm: norm.parameters, lowered: place == .before)
    return place == .behind ? ResidualStream(normed) : ResidualStream(sum, normed: normed)
  }
}
