import SubCore

/// An accelerator by its data sheet: dense products a second.
enum Card: String, CaseIterable, OptionValue {
  case v100, a100, h100, h200, rtx4090

  /// Operations a second. V100 has no bf16: its f16 rate stands there; and no TF32: its f32 rate.
  func rate(_ precision: Precision) -> Double {
    let (f32, tf32, bf16) =
      switch self {
      case .v100: (15.7e12, 15.7e12, 125e12)
      case .a100: (19.5e12, 156e12, 312e12)
      case .h100, .h200: (66.9e12, 494.7e12, 989.4e12)
      case .rtx4090: (82.6e12, 82.6e12, 165.2e12)
      }
    return switch precision {
    case .fp32: f32
    case .tf32: tf32
    case .bf16: bf16
    }
  }
}
