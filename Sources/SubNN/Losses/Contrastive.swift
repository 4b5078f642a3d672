public import SubCore

/// CLIP's loss: every image against all texts of the batch and every text against all images.
///
/// Ranks that share a batch of N pairs each judge their own n against all N, so that none of them has a matrix [N, N].
/// The mean of their losses is the loss of the batch, and the sum of their gradients, each by its share of the batch, is
/// its gradient, if that of features that were gathered goes back to whom they belong (`Tensor.gathered`).
public enum Contrastive {
  /// Features of one kind, rows of length 1: those of one's own pairs, and of all.
  public struct Features {
    /// [n, E].
    public let own: Tensor
    /// [N, E], of which one's own are the rows from `first` on.
    public let all: Tensor
    /// The number, within the batch, of the first of one's own pairs.
    public let first: Int

    /// Those of a batch that nobody shares.
    public init(_ own: Tensor) { self.init(own, of: own, from: 0) }

    /// Some of a batch's.
    public init(_ own: Tensor, of all: Tensor, from first: Int) {
      precondition(
        own.shape.columns == all.shape.columns && first >= 0 && first + own.shape.rows <= all.shape.rows,
        "contrastive features: \(own.shape) of \(all.shape) from \(first) on")
      (self.own, self.all, self.first) = (own, all, first)
    }
  }

  /// The similarities of one's own pairs to all.
  public struct Similarities {
    /// [n, N]: a row for each of one's own images, all texts.
    public let rows: Tensor
    /// [n, N]: a row for each of one's own texts, all images. Where all are one's own, it is the other's transpose.
    public var columns: Tensor { ofTexts ?? rows.transposed() }
    private let ofTexts: Tensor?
    /// The number, within the batch, of the first of one's own pairs.
    fileprivate let first: Int

    /// exp(logScale) · images · textsᵀ, and the same the other way round.
    public init(images: Features, texts: Features, logScale: Tensor) {
      precondition(
        images.own.shape == texts.own.shape && images.all.shape == texts.all.shape && images.first == texts.first,
        "similarities: images \(images.own.shape) of \(images.all.shape), texts \(texts.own.shape) of \(texts.all.shape)"
      )
      let scale = logScale.exp()
      rows = images.own.linear(texts.all).scaled(by: scale)
      let isWhole = images.own.shape == images.all.shape
      ofTexts = isWhole ? nil : texts.own.linear(images.all).scaled(by: scale)
      first = images.first
    }
  }

  /// What the sub-branch is to reproduce: the main branch's similarities as probabilities by row and by column,
  /// constants.
  public struct SoftTarget {
    /// [n, N]: softmax over the texts of each image.
    public let rows: Tensor
    /// [n, N]: row j is the softmax over the images of text j.
    public let columns: Tensor
  }

  /// The mean of the cross-entropies by row and by column against the pairs that belong together, a scalar.
  public static func loss(_ similarities: Similarities) -> Tensor {
    let rows = similarities.rows
    let own = Tensor.indices(rows.shape.rows, from: similarities.first, on: rows.device)
    let target = Target.labels(own, smoothing: 0)
    return symmetric(similarities, target, target)
  }

  /// The soft target that similarities give.
  public static func softTarget(of similarities: Similarities) -> SoftTarget {
    Tape.withoutRecording {
      SoftTarget(
        rows: similarities.rows.detached().softmax(), columns: similarities.columns.detached().softmax())
    }
  }

  /// The mean of the cross-entropies by row and by column against another branch's similarities, a scalar.
  public static func loss(_ similarities: Similarities, mimicking target: SoftTarget) -> Tensor {
    symmetric(similarities, .probabilities(target.rows), .probabilities(target.columns))
  }

  private static func symmetric(_ similarities: Similarities, _ rows: Target, _ columns: Target) -> Tensor {
    similarities.rows.crossEntropy(rows).adding(similarities.columns.crossEntropy(columns)).scaled(by: 0.5)
  }
}
