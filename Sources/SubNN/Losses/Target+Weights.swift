public import SubCore

extension Target {
  /// Labels of samples that count by their class, as torch's `CrossEntropyLoss(weight=…)` has it: with softmax
  /// cross-entropy the loss is Σ w(y) · l / Σ w(y). `weights`: a number for every class; nil: all count alike.
  public static func labels(
    _ labels: [Int], weights: [Float]?, smoothing: Float = 0, on device: Device
  ) -> Target {
    guard let weights else { return .labels(Tensor(indices: labels, on: device), smoothing: smoothing) }
    let sum = labels.reduce(Float(0)) { $0 + weights[$1] }
    let factor = sum > 0 ? Float(labels.count) / sum : 0
    let flat = smoothing / Float(weights.count)
    let rows = labels.flatMap { label in
      weights.enumerated().map { index, weight in
        (flat + (index == label ? 1 - smoothing : 0)) * weight * factor
      }
    }
    return .probabilities(Tensor(HostArray(rows, shape: [labels.count, weights.count]), on: device))
  }
}
