/// Fits a table of relative position biases to another grid as BEiT's finetuning does: the known differences are laid
/// out in a geometric progression that spans the new range, and a cubic spline is read at whole differences.
enum RelativeBiasFitting {
  /// [(2·source−1)²+3, heads] → [(2·target−1)²+3, heads]; the three rows of the class token stay as they are.
  static func resize(_ table: [Double], from source: Int, to target: Int, heads: Int) -> [Double] {
    let (old, new) = (2 * source - 1, 2 * target - 1)
    precondition(table.count == (old * old + 3) * heads, "RelativeBiasFitting: \(table.count) values")
    guard old != new else { return table }
    let knots = knots(from: old, to: new)
    let points = (0..<new).map { Double($0 - new / 2) }
    var resized = [Double](repeating: 0, count: (new * new + 3) * heads)
    for head in 0..<heads {
      // A tensor-product spline: along x for every known y, then along y.
      let rows = (0..<old).map { y in
        let spline = CubicSpline(knots, (0..<old).map { table[(y * old + $0) * heads + head] })
        return points.map { spline($0) }
      }
      for x in 0..<new {
        let spline = CubicSpline(knots, rows.map { $0[x] })
        for (y, point) in points.enumerated() { resized[(y * new + x) * heads + head] = spline(point) }
      }
    }
    for offset in 0..<3 * heads { resized[new * new * heads + offset] = table[old * old * heads + offset] }
    return resized
  }

  /// Where the old differences lie in units of the new ones: 0, ±1, ±(1+q), ±(1+q+q²), …
  static func knots(from old: Int, to new: Int) -> [Double] {
    let q = ratio(from: old, to: new)
    var positive: [Double] = []
    var (sum, step) = (0.0, 1.0)
    for _ in 0..<old / 2 {
      sum += step
      step *= q
      positive.append(sum)
    }
    return positive.reversed().map { -$0 } + [0] + positive
  }

  /// q in [1.01, 1.5] with 1 + q + … + q^(old/2−1) = new/2, by bisection to 1e-6: the last value that was tried.
  static func ratio(from old: Int, to new: Int) -> Double {
    var (low, high, q) = (1.01, 1.5, 1.01)
    while high - low > 1e-6 {
      q = (low + high) / 2
      var (sum, power) = (0.0, 1.0)
      for _ in 0..<old / 2 {
        sum += power
        power *= q
      }
      if sum > Double(new / 2) { high = q } else { low = q }
    }
    return q
  }
}
