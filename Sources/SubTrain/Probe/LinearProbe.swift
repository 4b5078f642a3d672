public import SubCore
import SubNN

/// A linear classifier on features that stay as they are: multinomial logistic regression with the objective of
/// scikit-learn's `LogisticRegression`, fitted by L-BFGS.
///
///     mean over samples of CE(W·x + b, y) + ‖W‖² / (2·C·N)
///
/// Biases are not penalised. For two classes scikit-learn fits one vector w, the difference of their rows, and penalises
/// ‖w‖² / (2·C·N). The rows are −w/2 and w/2 here: ‖W‖² is half of ‖w‖² and counts twice.
///
/// Features of a network are nearly dependent on each other, and a search in their weights takes thousands of steps. It
/// goes on in V = W·L, where L·Lᵀ is their covariance with the penalty's share: all directions are about equally steep
/// there, and some tens of steps are enough. The best classifier is the same.
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
  private static let piece = 4096

  /// Features less their means.
  private let pieces: [(features: Tensor, target: Target, count: Int)]
  private let count, width, classes: Int
  private let weight: Parameter
  private let bias: Parameter
  private let gradients: Gradients
  /// What every feature lies around.
  private let means: [Double]
  /// [D, D], row-major.
  private let covariance: [Double]

  /// A problem: features [N, D] on the host with a class each.
  public init(_ features: HostArray, labels: [Int], classes: Int, on device: Device) {
    precondition(features.shape.count == 2 && features.shape[0] == labels.count, "LinearProbe: \(features.shape)")
    (count, width, self.classes) = (labels.count, features.shape[1], classes)
    let means = Self.means(features)
    self.means = means
    pieces = stride(from: 0, to: labels.count, by: Self.piece).map { start in
      let end = min(labels.count, start + Self.piece)
      let rows = features.rows(Array(start..<end)).floats().enumerated().map { index, value in
        Float(Double(value) - means[index % means.count])
      }
      return (
        Tensor(HostArray(rows, shape: [end - start, means.count]), on: device),
        .labels(Tensor(indices: Array(labels[start..<end]), on: device), smoothing: 0), end - start
      )
    }
    covariance = Self.covariance(pieces.map(\.features), width: width, count: count)
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
    let (weights, penalty) = (classes * width, (classes == 2 ? 2 : 1) / (strength * Double(count)))
    let largest = (0..<width).map { covariance[$0 * width + $0] }.max() ?? 1
    // A loss's curvature is the covariance times p·(1 − p), about a tenth; and single precision ends somewhere.
    let root = Cholesky(covariance, size: width, shift: 10 * penalty + 1e-9 * largest)
    let result = try search.minimize(from: Array(repeating: 0, count: weights + classes)) { point in
      try Interruption.check()
      let own = Self.rows(point, classes, width, root.solveTransposed)
      var (value, gradient) = loss(at: own)
      for index in 0..<weights {
        value += penalty / 2 * own[index] * own[index]
        gradient[index] += penalty * own[index]
      }
      return (value, Self.rows(gradient, classes, width, root.solve))
    }
    let own = Self.rows(result.point, classes, width, root.solveTransposed)
    var biases = Array(own[weights...])
    for index in 0..<weights { biases[index / width] -= own[index] * means[index % width] }
    return Head(
      weights: own[..<weights].map { Float($0) }, biases: biases.map { Float($0) }, strength: strength,
      steps: result.steps, hasConverged: result.hasConverged)
  }

  /// The mean cross-entropy of centred features and its gradient.
  private func loss(at point: [Double]) -> (value: Double, gradient: [Double]) {
    let numbers = point.map { Float($0) }
    weight.value.write(HostArray(Array(numbers[..<(classes * width)]), shape: [classes, width]))
    bias.value.write(HostArray(Array(numbers[(classes * width)...]), shape: [classes]))
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

  /// A point whose first `count` rows went through `solve`.
  private static func rows(
    _ point: [Double], _ count: Int, _ width: Int, _ solve: (UnsafeMutablePointer<Double>) -> Void
  ) -> [Double] {
    var point = point
    point.withUnsafeMutableBufferPointer { point in
      guard let start = point.baseAddress else { return }
      for row in 0..<count { solve(start + row * width) }
    }
    return point
  }

  private static func means(_ features: HostArray) -> [Double] {
    let width = features.shape[1]
    var sums = [Double](repeating: 0, count: width)
    for (index, value) in features.floats().enumerated() { sums[index % width] += Double(value) }
    return sums.map { $0 / Double(features.shape[0]) }
  }

  /// The mean of xᵀ·x over the rows of all pieces.
  private static func covariance(_ pieces: [Tensor], width: Int, count: Int) -> [Double] {
    var sums = [Double](repeating: 0, count: width * width)
    Tape.withoutRecording {
      for features in pieces {
        let columns = features.transposed()
        for (index, value) in columns.linear(columns).floats().enumerated() { sums[index] += Double(value) }
      }
    }
    return sums.map { $0 / Double(count) }
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
