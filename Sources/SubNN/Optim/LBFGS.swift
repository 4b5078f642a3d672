/// Minimises a smooth function by limited-memory BFGS (Liu and Nocedal 1989) with a line search for the strong Wolfe
/// conditions (Nocedal and Wright, algorithms 3.5 and 3.6), as scipy's L-BFGS-B does without bounds.
public struct LBFGS: Sendable {
  /// Pairs of steps and changes of the gradient that approximate the curvature.
  public var memory = 10
  /// Steps at most.
  public var mostSteps = 1000
  /// It ends where no part of the gradient is larger,
  public var tolerance = 1e-4
  /// or where a step changes the value by no more than this share of it.
  public var relativeChange = 64 * Double.ulpOfOne

  /// The share of a value by which rounding may raise it.
  public var noise = 0.0

  /// scipy's settings as scikit-learn uses them.
  public init() {}

  /// Where the search ended.
  public struct Result: Sendable {
    /// The point, and the function there.
    public var point: [Double]
    public var value: Double
    /// Steps taken, and whether it ended by itself.
    public var steps: Int
    public var hasConverged: Bool
  }

  /// A function's value and gradient at a point.
  public typealias Function = (_ point: [Double]) throws -> (value: Double, gradient: [Double])

  /// Searches from `start`.
  public func minimize(from start: [Double], _ function: Function) throws -> Result {
    var (x, pairs): ([Double], [Pair]) = (start, [])
    var (f, g) = try function(x)
    for step in 0..<mostSteps {
      guard g.largest > tolerance else { return Result(point: x, value: f, steps: step, hasConverged: true) }
      var direction = Self.direction(g, pairs)
      if direction.dot(g) >= 0 { (direction, pairs) = (g.map { -$0 }, []) }
      let first = pairs.isEmpty ? min(1, 1 / max(1e-12, g.reduce(0) { $0 + abs($1) })) : 1
      guard let next = try search(x, f, g, direction, first: first, function) else {
        guard !pairs.isEmpty else { return Result(point: x, value: f, steps: step, hasConverged: false) }
        // Rounding has the better of the curvature: once more along the gradient.
        pairs = []
        continue
      }
      let pair = Pair(step: next.point.minus(x), change: next.gradient.minus(g))
      let isSmall = abs(f - next.value) <= relativeChange * max(abs(f), abs(next.value), 1)
      (x, f, g) = (next.point, next.value, next.gradient)
      if isSmall { return Result(point: x, value: f, steps: step + 1, hasConverged: true) }
      if pair.curvature > 1e-10 * pair.change.dot(pair.change) { pairs = (pairs + [pair]).suffix(memory) }
    }
    return Result(point: x, value: f, steps: mostSteps, hasConverged: g.largest <= tolerance)
  }

  /// A step and what it did to the gradient.
  private struct Pair {
    let step, change: [Double]
    let curvature: Double

    init(step: [Double], change: [Double]) {
      (self.step, self.change, curvature) = (step, change, step.dot(change))
    }
  }

  /// −H·g by the two loops (Nocedal and Wright, algorithm 7.4).
  private static func direction(_ gradient: [Double], _ pairs: [Pair]) -> [Double] {
    var q = gradient
    var shares: [Double] = []
    for pair in pairs.reversed() {
      let share = pair.step.dot(q) / pair.curvature
      q.add(-share, pair.change)
      shares.append(share)
    }
    if let last = pairs.last {
      let scale = last.curvature / last.change.dot(last.change)
      for index in q.indices { q[index] *= scale }
    }
    for (pair, share) in zip(pairs, shares.reversed()) {
      q.add(share - pair.change.dot(q) / pair.curvature, pair.step)
    }
    return q.map { -$0 }
  }

  private typealias Place = (point: [Double], value: Double, gradient: [Double])

  /// A point along a direction where the function has fallen and flattened enough; nil where none is found.
  private func search(
    _ x: [Double], _ f: Double, _ g: [Double], _ direction: [Double], first: Double, _ function: Function
  ) throws -> Place? {
    let slope = g.dot(direction)
    let (enough, flat) = (1e-4, 0.9)
    func at(_ length: Double) throws -> (place: Place, slope: Double) {
      var point = x
      point.add(length, direction)
      let (value, gradient) = try function(point)
      return ((point, value, gradient), gradient.dot(direction))
    }
    // An end of the bracket: how far, how high, how steep.
    var low = (length: 0.0, value: f, slope: slope)
    var high: (length: Double, value: Double, slope: Double)?
    var length = first
    var best: Place?
    for _ in 0..<40 {
      let (place, here) = try at(length)
      let hasFallen = place.value <= f + enough * length * slope + noise * abs(f)
      if hasFallen, best == nil || place.value < best!.value { best = place }
      if !place.value.isFinite || !hasFallen || place.value >= low.value + noise * abs(f) && low.length > 0 {
        high = (length, place.value, here)
      } else {
        if abs(here) <= -flat * slope { return place }
        if here * ((high?.length ?? .infinity) - low.length) >= 0 { high = low }
        low = (length, place.value, here)
      }
      guard let end = high else {
        length *= 2
        continue
      }
      if abs(end.length - low.length) <= 1e-12 * max(1, abs(low.length)) { break }
      length = Self.between(low, end)
    }
    return best
  }

  /// The least of the cubic through two ends, kept away from both.
  private static func between(
    _ a: (length: Double, value: Double, slope: Double), _ b: (length: Double, value: Double, slope: Double)
  ) -> Double {
    let span = b.length - a.length
    let d1 = a.slope + b.slope - 3 * (a.value - b.value) / (a.length - b.length)
    let square = d1 * d1 - a.slope * b.slope
    guard square.isFinite, square >= 0 else { return a.length + span / 2 }
    let d2 = square.squareRoot() * (span < 0 ? -1 : 1)
    let cubic = b.length - span * (b.slope + d2 - d1) / (b.slope - a.slope + 2 * d2)
    let (near, far) = (a.length + 0.1 * span, a.length + 0.9 * span)
    return cubic.isFinite ? min(max(cubic, min(near, far)), max(near, far)) : a.length + span / 2
  }
}

extension [Double] {
  fileprivate var largest: Double { reduce(0) { Swift.max($0, abs($1)) } }

  fileprivate func dot(_ other: [Double]) -> Double {
    var sum = 0.0
    for index in indices { sum += self[index] * other[index] }
    return sum
  }

  fileprivate func minus(_ other: [Double]) -> [Double] { zip(self, other).map { $0 - $1 } }

  fileprivate mutating func add(_ factor: Double, _ other: [Double]) {
    for index in indices { self[index] += factor * other[index] }
  }
}
