import Foundation
import SubCore
import SubNN
import SubTrain
import Testing

/// A classifier on features, against scikit-learn 1.9's `LogisticRegression(tol=1e-10)` in double.
struct LinearProbeTests {
  /// sin(i·(j+1)·0.37 + j), and classes of which every seventh is wrong.
  private let features: HostArray
  private let labels: [Int]

  init() {
    var rows: [[Float]] = []
    for i in 0..<90 { rows.append((0..<4).map { j in Float(sin(Double(i * (j + 1)) * 0.37 + Double(j))) }) }
    features = HostArray(rows.flatMap { $0 }, shape: [90, 4])
    labels = rows.enumerated().map { (i, x) -> Int in
      let label = x[0] + 0.3 * x[2] > 0.4 ? 0 : x[1] > 0 ? 1 : 2
      return i % 7 == 0 ? (label + 1) % 3 : label
    }
  }

  /// What scikit-learn found at a strength.
  struct Reference: Sendable {
    let strength: Double
    let weights, biases: [Float]
  }

  static let references = [
    Reference(
      strength: 0.5,
      weights: [
        1.191747, -0.866805, -0.339172, -0.139846, -0.117518, 1.290144, 0.661548, -0.017486, -1.074229, -0.423339,
        -0.322376, 0.157332,
      ], biases: [-0.162751, 0.182685, -0.019934]),
    Reference(
      strength: 20,
      weights: [
        1.58544, -1.481204, -0.893691, -0.409239, -0.024144, 1.905822, 1.183545, 0.220543, -1.561297, -0.424618,
        -0.289853, 0.188696,
      ], biases: [-0.40916, 0.227177, 0.181984]),
  ]

  @Test(arguments: references) func `weights and biases are scikit-learn's`(_ reference: Reference) throws {
    let (strength, weights, biases) = (reference.strength, reference.weights, reference.biases)
    let probe = LinearProbe(features, labels: labels, classes: 3, on: .cpu)
    let head = try probe.fit(strength: strength)
    #expect(head.hasConverged && head.steps < 100)
    #expect(zip(head.weights, weights).allSatisfy { abs($0 - $1) < 3e-3 }, "\(head.weights)")
    #expect(zip(head.biases, biases).allSatisfy { abs($0 - $1) < 3e-3 }, "\(head.biases)")
    let logits = LinearProbe.logits(head, features, on: .cpu)
    let right = labels.indices.count { row in
      let own = Array(logits[(row * 3)..<(row * 3 + 3)])
      return own[labels[row]] == own.max()
    }
    #expect(Double(right) / 90 == 0.8222222222222222)
    // Features that lie far from 0, one of them very small: the same problem, where the penalty has little to say.
    let moved = features.floats().enumerated().map { $0 % 4 == 1 ? 1e-3 * $1 : $1 + 100 }
    let other = try LinearProbe(HostArray(moved, shape: [90, 4]), labels: labels, classes: 3, on: .cpu)
      .fit(strength: 1e9)
    let free = try probe.fit(strength: 1e9)
    #expect(other.hasConverged && free.hasConverged)
    for index in other.weights.indices {
      let scale: Float = index % 4 == 1 ? 1e-3 : 1
      #expect(abs(other.weights[index] * scale - free.weights[index]) < 5e-3, "\(index)")
    }
  }

  /// There it is one vector, the difference of the rows.
  @Test func `two classes are penalised as scikit-learn does it`() throws {
    let first = labels.map { $0 > 0 ? 1 : 0 }
    let head = try LinearProbe(features, labels: first, classes: 2, on: .cpu).fit(strength: 0.5)
    let difference = (0..<4).map { head.weights[4 + $0] - head.weights[$0] }
    let wanted: [Float] = [-1.804442, 1.149195, 0.363703, 0.01273]
    #expect(head.hasConverged && zip(difference, wanted).allSatisfy { abs($0 - $1) < 3e-3 }, "\(difference)")
    #expect(abs(head.biases[1] - head.biases[0] - 1.113476) < 3e-3)
  }

  @Test func `a root of a matrix makes its directions alike`() {
    let (matrix, size): ([Double], Int) = ([4, 2, 0.4, 2, 5, 1, 0.4, 1, 3], 3)
    let root = Cholesky(matrix, size: size, shift: 0.5)
    // (A + 0.5)⁻¹·x by both halves, put back.
    var x = [1.0, -2, 3]
    x.withUnsafeMutableBufferPointer {
      root.solve($0.baseAddress!)
      root.solveTransposed($0.baseAddress!)
    }
    let back = (0..<size).map { i in (0..<size).reduce(0.5 * x[i]) { $0 + matrix[i * size + $1] * x[$1] } }
    #expect(zip(back, [1, -2, 3]).allSatisfy { abs($0 - $1) < 1e-12 })
    // A matrix with a direction of nothing.
    _ = Cholesky([1, 1, 1, 1], size: 2, shift: 0)
  }

  /// Rosenbrock's valley, whose least is 0 at (1, 1).
  @Test func `the search finds the end of a bent valley`() throws {
    var search = LBFGS()
    search.tolerance = 1e-8
    let result = try search.minimize(from: [-1.2, 1]) { x in
      let (a, b) = (1 - x[0], x[1] - x[0] * x[0])
      return (a * a + 100 * b * b, [-2 * a - 400 * x[0] * b, 200 * b])
    }
    #expect(result.hasConverged && result.steps < 60 && result.point.allSatisfy { abs($0 - 1) < 1e-6 }, "\(result)")
    // A function that is no number beyond a wall.
    let walled = try search.minimize(from: [3]) { x in
      x[0] > 0 ? (x[0] - log(x[0]), [1 - 1 / x[0]]) : (.nan, [.nan])
    }
    #expect(abs(walled.point[0] - 1) < 1e-6)
  }

  @Test func `the strength is searched as CLIP's evaluation does`() throws {
    var sweep = StrengthSweep()
    // Best near 10^1.4, which is step 59 of 96.
    let best = sweep.search { strength in -abs(log10(strength) - 1.4) }
    #expect(abs(log10(best) - 1.375) < 1e-9)
    #expect(sweep.tried.count == 7 + 2 + 2 + 2 + 2 && sweep.tried[0].strength == 1e-6)
    var flat = StrengthSweep()
    #expect(abs(flat.search { _ in 0.5 } / 1e-6 - 1) < 1e-9)
  }
}
