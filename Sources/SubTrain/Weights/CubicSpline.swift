/// An interpolating cubic spline whose third derivative is continuous at the second and the last but one knot ("not a
/// knot"), the one that FITPACK and so SciPy's `interp2d(kind="cubic")` make. Outside its knots it keeps the border's
/// value.
struct CubicSpline {
  private let x, y: [Double]
  /// Second derivatives at the knots.
  private let m: [Double]

  /// Through (x, y), x ascending, at least four points.
  init(_ x: [Double], _ y: [Double]) {
    let n = x.count
    precondition(n >= 4 && y.count == n, "CubicSpline: \(n) knots, \(y.count) values")
    self.x = x
    self.y = y
    let h = (0..<n - 1).map { x[$0 + 1] - x[$0] }
    let slope = (0..<n - 1).map { (y[$0 + 1] - y[$0]) / h[$0] }
    // h[i−1] m[i−1] + 2 (h[i−1] + h[i]) m[i] + h[i] m[i+1] = 6 (slope[i] − slope[i−1]); the ends are eliminated by
    // m[0] = m[1] + h[0]/h[1] · (m[1] − m[2]) and its mirror image.
    var below = [Double](repeating: 0, count: n)
    var diagonal = below
    var above = below
    var right = below
    for i in 1..<n - 1 {
      (below[i], diagonal[i], above[i]) = (h[i - 1], 2 * (h[i - 1] + h[i]), h[i])
      right[i] = 6 * (slope[i] - slope[i - 1])
    }
    let (front, back) = (h[0] / h[1], h[n - 2] / h[n - 3])
    diagonal[1] += below[1] * (1 + front)
    above[1] -= below[1] * front
    diagonal[n - 2] += above[n - 2] * (1 + back)
    below[n - 2] -= above[n - 2] * back
    for i in 2..<n - 1 {
      let factor = below[i] / diagonal[i - 1]
      diagonal[i] -= factor * above[i - 1]
      right[i] -= factor * right[i - 1]
    }
    var m = [Double](repeating: 0, count: n)
    m[n - 2] = right[n - 2] / diagonal[n - 2]
    for i in stride(from: n - 3, through: 1, by: -1) { m[i] = (right[i] - above[i] * m[i + 1]) / diagonal[i] }
    m[0] = m[1] + front * (m[1] - m[2])
    m[n - 1] = m[n - 2] + back * (m[n - 2] - m[n - 3])
    self.m = m
  }

  /// The value at a point.
  func callAsFunction(_ point: Double) -> Double {
    let point = min(max(point, x[0]), x[x.count - 1])
    let i = min(max((x.firstIndex { $0 > point } ?? x.count) - 1, 0), x.count - 2)
    let h = x[i + 1] - x[i]
    let (a, b) = ((x[i + 1] - point) / h, (point - x[i]) / h)
    return a * y[i] + b * y[i + 1] + ((a * a * a - a) * m[i] + (b * b * b - b) * m[i + 1]) * h * h / 6
  }
}
