public import SubCore
public import SubNN

/// The numbers that methods are made of.
public struct MethodSettings: Sendable {
  /// What it is, each method says itself (`Method.ratio`).
  public var ratio: Double
  /// Whether somebody chose the ratio, rather than that it follows from the run.
  public var isRatioGiven: Bool
  /// λ, the sub-branch's share of the loss; the main branch has the rest.
  public var subWeight: Double
  /// How the hidden parts of an image are chosen.
  public var selection: Masking.Selection
  /// Given noise for masks, for comparison with another implementation.
  public var noise: HostArray?

  /// The numbers of a method.
  public init(
    ratio: Double = 0, isRatioGiven: Bool = true, subWeight: Double = 0.5, selection: Masking.Selection = .uniform,
    noise: HostArray? = nil
  ) {
    (self.ratio, self.isRatioGiven, self.subWeight) = (ratio, isRatioGiven, subWeight)
    (self.selection, self.noise) = (selection, noise)
  }

  /// What a method hides whose ratio is the share that is hidden; nil at 0.
  public var masking: Masking? { ratio > 0 ? Masking(ratio: ratio, selection: selection, noise: noise) : nil }
}
