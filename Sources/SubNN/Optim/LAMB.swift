import SubCore

/// LAMB (You et al. 2020) as apex's FusedLAMB and timm's Lamb compute it: gradients divided by their global norm where
/// that exceeds 1 (Table B.1's "gradient clip 1.0"), Adam's direction with decay, and the trust ratio ‖p‖/‖u‖ for the
/// parameters that decay; those that do not move at the full rate. ε is 1e-8 in DeiT-III, 1e-6 in timm (RSB).
public final class LAMB: MomentOptimizer {
  override func update(_ gradients: Gradients, _ numbers: MomentRates) {
    set.lamb(gradients, moments, numbers.capped(norm: gradients.norm()), rates: rates)
  }
}
