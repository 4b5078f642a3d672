import SubTrain

extension Double {
  /// A number of operations in the unit that fits it.
  var operations: String {
    let units = [(1e18, "EFLOP"), (1e15, "PFLOP"), (1e12, "TFLOP")]
    let (size, name) = units.first { self >= $0.0 } ?? (1e9, "GFLOP")
    return "\(Float(self / size).significant(3)) \(name)"
  }
}
