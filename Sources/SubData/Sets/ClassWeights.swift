import SubCore

/// How much the samples of each class count in the loss, as torch's `CrossEntropyLoss(weight=…)` has it: a batch's loss is
/// the mean weighted by its samples' classes.
public enum ClassWeights: Sendable, Equatable {
  /// The number of samples over that of classes times that of the class's own: scikit-learn's `balanced`.
  case balanced
  /// A number for every class, in their order.
  case given([Double])

  /// The weights of the classes of `labels`. Throws a usage error where another number of them was given.
  public func values(labels: [Int], names: [String]) throws -> [Float] {
    switch self {
    case .given(let values):
      guard values.count == names.count else {
        throw InputError(
          "\(values.count) weights for \(names.count) classes: \(names.prefix(20).joined(separator: ", "))",
          at: "--class-weights", cure: "give one for each, in this order", isUsage: true)
      }
      return values.map { Float($0) }
    case .balanced:
      var counts = [Int](repeating: 0, count: names.count)
      for label in labels { counts[label] += 1 }
      return counts.map { $0 == 0 ? 0 : Float(Double(labels.count) / Double(names.count * $0)) }
    }
  }
}
