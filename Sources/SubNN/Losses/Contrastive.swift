public import SubCore

/// CLIP's loss: every image against all texts of the batch and every text against all images.
public enum Contrastive {
  /// What the sub-branch is to reproduce: the main branch's similarities as probabilities by row and by column,
  /// constants.
  public struct SoftTarget {
    /// [N, N]: softmax over the texts of each image.
    public let rows: Tensor
    /// [N, N]: row j is the softmax over the images of text j.
    public let columns: Tensor
  }

  /// exp(logScale) · images · textsᵀ: features [N, E] and [M, E] → [N, M].
  public static func logits(images: Tensor, texts: Tensor, logScale: Tensor) -> Tensor {
    images.linear(texts).scaled(by: logScale.exp())
  }

  /// The mean of the cross-entropies by row and by column against the pairs on the diagonal: [N, N] → scalar.
  public static func loss(_ logits: Tensor) -> Tensor {
    precondition(logits.shape.rows == logits.shape.columns, "contrastive loss: logits \(logits.shape)")
    let target = Target.labels(.indices(logits.shape.rows, on: logits.device), smoothing: 0)
    return symmetric(logits, target, target)
  }

  /// The soft target that logits [N, N] give.
  public static func softTarget(of logits: Tensor) -> SoftTarget {
    let constant = logits.detached()
    return SoftTarget(rows: constant.softmax(), columns: constant.transposed().softmax())
  }

  /// The mean of the cross-entropies by row and by column against another branch's similarities: [N, N] → scalar.
  public static func loss(_ logits: Tensor, mimicking target: SoftTarget) -> Tensor {
    symmetric(logits, .probabilities(target.rows), .probabilities(target.columns))
  }

  private static func symmetric(_ logits: Tensor, _ rows: Target, _ columns: Target) -> Tensor {
    logits.crossEntropy(rows).adding(logits.transposed().crossEntropy(columns)).scaled(by: 0.5)
  }
}
