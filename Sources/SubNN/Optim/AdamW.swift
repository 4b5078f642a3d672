import SubCore

/// AdamW with PyTorch's order of operations, fused over all parameters.
public final class AdamW: MomentOptimizer {
  override func update(_ gradients: Gradients, _ numbers: MomentRates) {
    set.adamW(gradients, moments, numbers, rates: rates)
  }
}
