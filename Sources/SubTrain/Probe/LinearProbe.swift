public import SubCore
import SubNN

/// A linear classifier on features that stay as they are: multinomial logistic regression, fitted by L-BFGS as
/// scikit-learn's `LogisticRegression` is.
///
///     mean over samples of CE(W·x + b, y) + ‖W‖² / (2·C·N)
///
/// Biases are not penalised.
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
    fileprivate var point: [Double]
  }

  /// Samples at once: their losses are added up in single precision, those of pieces in double.
  private static let piece = 2048

  private let pieces: [(features: Tensor, target: Target, count: Int)]
  private let count, width, classes: Int
  private let weight: Parameter
  private let bias: Parameter
  private let gradients: Gradients

  /// A problem: features [N, D] on the host with a class each.
  public init(_ features: HostArray, labels: [Int], classes: Int, on device: Device) {
    precondition(features.shape.count == 2 && features.shape[0] == labels.count, "LinearProbe: \(features.shape)")
    (count, width, self.classes) = (labels.count, features.shape[1], classes)
    pieces = stride(from: 0, to: labels.count, by: Self.piece).map { start in
      let end = min(labels.count, start + Self.piece)
      return (
        Tensor(features.rows(Array(start..<end)), on: device),
        .labels(Tensor(indices: Array(labels[start..<end]), on: device), smoothing: 0), end - start
      )
    }
    weight = Parameter([classes, width], .zeros)
    bias = Parameter([classes], .zeros)
    let set = ParameterSet([("weight", weight), ("bias", bias)], on: device, key: nil)
    gradients = Gradients(set)
  }

  /// The best classifier for a strength, searched from another one where one is given.
  public func fit(strength: Double, from start: Head? = nil) throws -> Head {
    var search = LBFGS()
    // Sums over samples are rounded in single precision.
    search.noise = 1e-7
    let penalty = 1 / (strength * Double(count))
    let result = try search.minimize(from: start?.point ?? Array(repeating: 0, count: classes * (width + 1))) { point in
      try Interruption.check()
      var (value, gradient) = loss(at: point)
      for index in 0..<classes * width {
        value += penalty / 2 * point[index] * point[index]
        gradient[index] += penalty * point[index]
      }
      return (value, gradient)
    }
    let numbers = result.point.map { Float($0) }
    return Head(
      weights: Array(numbers[..<(classes * width)]), biases: Array(numbers[(classes * width)...]), strength: strength,
      steps: result.steps, hasConverged: result.hasConverged, point: result.point)
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
