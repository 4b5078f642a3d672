public import SubCore
public import SubNN

/// The numbers that methods are made of.
public struct MethodSettings: Sendable {
  /// What it is, each method says itself (`Method.ratio`).
  public var ratio: Double
  /// The stochastic depth that the model has, of the deepest block where it rises; nil: nothing is known of it.
  public var ownDropPath: Double?
  /// λ, the sub-branch's share of the loss; the main branch has the rest.
  public var subWeight: Double
  /// How the hidden parts of an image are chosen.
  public var selection: Masking.Selection
  /// Given noise for masks, for comparison with another implementation.
  public var noise: HostArray?

  /// The numbers of a method.
  public init(
    ratio: Double = 0, ownDropPath: Double? = nil, subWeight: Double = 0.5, selection: Masking.Selection = .uniform,
    noise: HostArray? = nil
  ) {
    (self.ratio, self.ownDropPath, self.subWeight) = (ratio, ownDropPath, subWeight)
    (self.selection, self.noise) = (selection, noise)
  }

  /// What a method hides whose ratio is the share that is hidden; nil at 0.
  public var masking: Masking? { ratio > 0 ? Masking(ratio: ratio, selection: selection, noise: noise) : nil }
}
