public import SubCore

/// LAMB (You et al. 2020) as apex's FusedLAMB and timm's Lamb compute it: gradients divided by their global norm where
/// that exceeds 1 (Table B.1's "gradient clip 1.0"), Adam's direction with decay, and the trust ratio ‖p‖/‖u‖ for the
/// parameters that decay; those that do not move at the full rate. ε is 1e-8 in DeiT-III, 1e-6 in timm (RSB).
public final class LAMB: MomentOptimizer {
  /// By slot.
  private let parts: [Int]

  /// An optimizer with zero moments. `parts`: of how many of the original's tensors, their rows one behind the other, a
  /// parameter is joined (query, key and value); each of them has a trust ratio of its own, as it has there.
  public init(
    _ set: ParameterSet, groups: ParameterGroups, settings: Settings = Settings(), parts: (Parameter) -> Int
  ) {
    self.parts = set.parameters.map(parts)
    super.init(set, groups: groups, settings: settings)
  }

  /// An optimizer of parameters that are the original's tensors.
  public override convenience init(_ set: ParameterSet, groups: ParameterGroups, settings: Settings = Settings()) {
    self.init(set, groups: groups, settings: settings) { _ in 1 }
  }

  override func update(_ gradients: Gradients, _ numbers: MomentRates) {
    set.lamb(gradients, moments, numbers.capped(norm: gradients.norm()), rates: rates, parts: parts)
  }
}
