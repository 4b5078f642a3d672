#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Mean and spread of some values.
struct Spread: Equatable {
  let count: Int
  let mean: Double
  /// The standard deviation of a sample (n − 1); nil of fewer than two values.
  let deviation: Double?

  /// Of one value or more.
  init?(_ values: [Double]) {
    guard !values.isEmpty else { return nil }
    let mean = values.reduce(0, +) / Double(values.count)
    let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    (count, self.mean) = (values.count, mean)
    deviation = values.count > 1 ? (squares / Double(values.count - 1)).squareRoot() : nil
  }
}

/// Student's paired t-test of differences against a mean of 0, two-sided.
struct PairedTest: Equatable {
  let differences: Spread
  /// How likely a difference as large is where there is none; nil of fewer than two pairs, or of pairs that all differ by the
  /// same.
  let p: Double?

  /// Of values against others by their seeds, as far as both have them.
  init?(_ values: [Int: Double], _ others: [Int: Double]) {
    self.init(values.keys.sorted().compactMap { seed in others[seed].map { values[seed]! - $0 } })
  }

  init?(_ differences: [Double]) {
    guard let spread = Spread(differences) else { return nil }
    self.differences = spread
    guard let deviation = spread.deviation, deviation > 0 else {
      p = nil
      return
    }
    let t = spread.mean / (deviation / Double(spread.count).squareRoot())
    p = Student.twoSided(t, freedom: spread.count - 1)
  }
}

/// Student's t distribution.
enum Student {
  /// The probability of values at least as far from 0 as t: I_x(ν/2, 1/2) with x = ν/(ν + t²).
  static func twoSided(_ t: Double, freedom: Int) -> Double {
    let nu = Double(freedom)
    return incompleteBeta(nu / (nu + t * t), nu / 2, 0.5)
  }

  /// The regularised incomplete beta function I_x(a, b).
  private static func incompleteBeta(_ x: Double, _ a: Double, _ b: Double) -> Double {
    if x <= 0 || x >= 1 { return x <= 0 ? 0 : 1 }
    let front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log(1 - x))
    // The fraction converges fast on this side of the mean; the other side follows by symmetry.
    return x < (a + 1) / (a + b + 2) ? front * fraction(x, a, b) / a : 1 - front * fraction(1 - x, b, a) / b
  }

  /// The continued fraction of I_x(a, b), by Lentz's method.
  private static func fraction(_ x: Double, _ a: Double, _ b: Double) -> Double {
    func bounded(_ value: Double) -> Double { abs(value) < 1e-300 ? 1e-300 : value }
    var (c, d) = (1.0, 1 / bounded(1 - (a + b) * x / (a + 1)))
    var value = d
    for step in 1...500 {
      let m = Double(step)
      let even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
      let odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
      for term in [even, odd] {
        d = 1 / bounded(1 + term * d)
        c = bounded(1 + term / c)
        value *= c * d
      }
      if abs(c * d - 1) < 1e-15 { break }
    }
    return value
  }
}
