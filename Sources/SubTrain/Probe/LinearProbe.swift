public import SubCore
import SubNN

/// A linear classifier on features that stay as they are: multinomial logistic regression, fitted by L-BFGS as
/// scikit-learn's `LogisticRegression` is.
///
///     mean over samples of CE(W·x + b, y) + ‖W‖² / (2·C·N)
///
/// Biases are not penalised. The search goes on in features of mean 0 and deviation 1, where it needs far fewer steps: the
/// penalty is that of the features as they are, so that the best classifier is the same.
public final class LinearProbe {
  /// A classifier's weights: rows of a head, one behind the other, and its biases.
  public struct Head: Sendable {
    /// [classes, features], row-major.
    public var weights: [Float]
    /// [classes].
    public var biases: [Float]
    /// scikit-learn's C, the inverse of the penalty's strength.
    public var strength: Double
    /// Steps that were taken, and whether they ended by themselves.
    public var steps: Int
    public var hasConverged: Bool
  }

  /// Samples at once: their losses are added up in single precision, those of pieces in double.
  private static let piece = 2048

  private let pieces: [(features: Tensor, target: Target, count: Int)]
  private let count, width, classes: Int
  private let weight: Parameter
  private let bias: Parameter
  private let gradients: Gradients
  /// What every feature lies around, and how far from it.
  private let means, deviations: [Double]

  /// A problem: features [N, D] on the host with a class each.
  public init(_ features: HostArray, labels: [Int], classes: Int, on device: Device) {
    precondition(features.shape.count == 2 && features.shape[0] == labels.count, "LinearProbe: \(features.shape)")
    (count, width, self.classes) = (labels.count, features.shape[1], classes)
    (means, deviations) = Self.moments(features)
    pieces = stride(from: 0, to: labels.count, by: Self.piece).map { [means, deviations] start in
      let end = min(labels.count, start + Self.piece)
      let rows = Self.normalized(features.rows(Array(start..<end)), means, deviations)
      return (
        Tensor(rows, on: device), .labels(Tensor(indices: Array(labels[start..<end]), on: device), smoothing: 0),
        end - start
      )
    }
    weight = Parameter([classes, width], .zeros)
    bias = Parameter([classes], .zeros)
    let set = ParameterSet([("weight", weight), ("bias", bias)], on: device, key: nil)
    gradients = Gradients(set)
  }

  /// The best classifier for a strength.
  public func fit(strength: Double) throws -> Head {
    var search = LBFGS()
    // Sums over samples are rounded in single precision.
    search.noise = 1e-7
    let weights = classes * width
    let penalties = deviations.map { 1 / (strength * Double(count) * $0 * $0) }
    let result = try search.minimize(from: Array(repeating: 0, count: weights + classes)) { point in
      try Interruption.check()
      var (value, gradient) = loss(at: point)
      for index in 0..<weights {
        let pull = penalties[index % width] * point[index]
        value += pull * point[index] / 2
        gradient[index] += pull
      }
      return (value, gradient)
    }
    var (rows, biases) = (Array(result.point[..<weights]), Array(result.point[weights...]))
    for index in rows.indices {
      rows[index] /= deviations[index % width]
      biases[index / width] -= rows[index] * means[index % width]
    }
    return Head(
      weights: rows.map { Float($0) }, biases: biases.map { Float($0) }, strength: strength, steps: result.steps,
      hasConverged: result.hasConverged)
  }

  /// Mean and deviation of every feature; 1 for one that is always the same.
  private static func moments(_ features: HostArray) -> (means: [Double], deviations: [Double]) {
    let (values, width) = (features.floats(), features.shape[1])
    var (sums, squares) = ([Double](repeating: 0, count: width), [Double](repeating: 0, count: width))
    for (index, value) in values.enumerated() { sums[index % width] += Double(value) }
    let means = sums.map { $0 / Double(features.shape[0]) }
    for (index, value) in values.enumerated() {
      let distance = Double(value) - means[index % width]
      squares[index % width] += distance * distance
    }
    return (means, squares.map { $0 > 0 ? ($0 / Double(features.shape[0])).squareRoot() : 1 })
  }

  private static func normalized(_ rows: HostArray, _ means: [Double], _ deviations: [Double]) -> HostArray {
    let width = means.count
    let values = rows.floats().enumerated().map { index, value in
      Float((Double(value) - means[index % width]) / deviations[index % width])
    }
    return HostArray(values, shape: rows.shape)
  }

  /// The mean cross-entropy and its gradient.
  private func loss(at point: [Double]) -> (value: Double, gradient: [Double]) {
    put(point.map { Float($0) })
    var value = 0.0
    for (features, target, rows) in pieces {
      let loss = features.linear(weight.tensor, bias.tensor, wide: true).crossEntropy(target)
      value += loss.item * Double(rows) / Double(count)
      loss.backward(into: gradients, scale: Double(rows) / Double(count))
    }
    let gradient = [weight, bias].flatMap { gradients.value(of: $0).floats() }.map { Double($0) }
    gradients.clear()
    return (value, gradient)
  }

  private func put(_ numbers: [Float]) {
    weight.value.write(HostArray(Array(numbers[..<(classes * width)]), shape: [classes, width]))
    bias.value.write(HostArray(Array(numbers[(classes * width)...]), shape: [classes]))
  }

  /// Logits of features [N, D] by a classifier, row-major.
  public static func logits(_ head: Head, _ features: HostArray, on device: Device) -> [Float] {
    let classes = head.biases.count
    let (weight, bias) = (
      Tensor(HostArray(head.weights, shape: [classes, head.weights.count / classes]), on: device),
      Tensor(HostArray(head.biases, shape: [classes]), on: device)
    )
    return Tape.withoutRecording {
      stride(from: 0, to: features.shape[0], by: piece).flatMap { start in
        let rows = features.rows(Array(start..<min(features.shape[0], start + piece)))
        return Tensor(rows, on: device).linear(weight, bias, wide: true).floats()
      }
    }
  }
}
