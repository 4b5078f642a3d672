import SubTrain

extension Double {
  /// A number of operations in the unit that fits it.
  var operations: String {
    let units = [(1e18, "EFLOP"), (1e15, "PFLOP"), (1e12, "TFLOP")]
    let (size, name) = units.first { self >= $0.0 } ?? (1e9, "GFLOP")
    return "\(Float(self / size).significant(3)) \(name)"
  }

  /// A time in seconds in the unit that fits it.
  var duration: String {
    switch self {
    case ..<120: "\(fixed(0)) s"
    case ..<7200: "\((self / 60).fixed(0)) min"
    case ..<172_800: "\((self / 3600).fixed(1)) h"
    default: "\((self / 86400).fixed(1)) days"
    }
  }
}
