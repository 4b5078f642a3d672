import SubData

/// What one process and several ranks must agree in.
public struct RunOutcome: Sendable {
  /// The losses that were logged, and the figures of the last evaluation.
  public let losses, figures: [Double]

  /// Of the run in `folder`, which ended with `figures`.
  public init(_ folder: String, figures: [Double]) throws {
    self.figures = figures
    losses = try RunLog.objects(folder).compactMap { $0["loss"]?.double }
  }

  /// Whether the figures are the same, and the losses up to rounding.
  public func agrees(with other: RunOutcome) -> Bool {
    figures == other.figures && losses.count == other.losses.count
      && zip(losses, other.losses).allSatisfy { abs($0 - $1) < 1e-5 * $1 }
  }
}
