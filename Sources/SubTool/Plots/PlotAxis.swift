import SubTrain

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// A range of values with round marks in it.
struct PlotAxis {
  /// The ends.
  let low, high: Double
  let isLogarithmic: Bool
  /// The marks, in order, with their texts.
  let ticks: [(value: Double, text: String)]

  /// How small and large a value besides 0 may be: its marks are numbers of full precision, too.
  static let magnitudes = 1e-300..<1e100

  /// An axis that holds all values, with about so many marks at 1, 2 or 5 times a power of ten. `margin` is the share of the
  /// range that stays free at either end.
  init(_ values: [Double], ticks count: Int, margin: Double) {
    var (low, high) = (values.min() ?? 0, values.max() ?? 1)
    if !(high > low) {
      let room = max(abs(high) * 0.1, 1e-3)
      (low, high) = (low - room, high + room)
    }
    let room = (high - low) * margin
    (low, high) = (low - room, high + room)
    let step = Self.roundStep((high - low) / Double(max(1, count)))
    let decimals = max(0, Int((-log10(step) - 1e-9).rounded(.up)))
    let (first, largest) = ((low / step - 1e-9).rounded(.up), max(abs(low), abs(high)))
    let marks = (0...(2 * count + 2)).map { (first + Double($0)) * step }.filter { [high] in $0 <= high + step * 1e-9 }
    (self.low, self.high, isLogarithmic) = (low, high, false)
    ticks = marks.map { ($0, Self.text($0, decimals: decimals, largest: largest)) }
  }

  /// An axis of powers of ten; between few of them also 2 and 5 times one.
  init(logarithmic values: [Double], ticks count: Int) {
    let (least, most) = (log10(values.min() ?? 1), log10(values.max() ?? 10))
    let room = (most - least) * 0.05
    let (low, high) = (pow(10, least - room), pow(10, most + room))
    let factors: [Double] = most - least < 2.5 ? [1, 2, 5] : [1]
    let powers = Int(least.rounded(.down)) - 1...Int(most.rounded(.up)) + 1
    let all = powers.flatMap { power in factors.map { $0 * pow(10, Double(power)) } }
    let inside = all.filter { $0 >= low && $0 <= high }
    (self.low, self.high, isLogarithmic) = (low, high, true)
    let share = max(1, (inside.count + 2 * count - 1) / (2 * count))
    ticks = inside.enumerated().filter { $0.offset % share == 0 }.map { _, value in
      (value, value >= 1e4 || value < 1e-3 ? Self.scientific(value) : Float(value).significant(4))
    }
  }

  /// Where a value lies, 0 at the low end and 1 at the high one.
  func place(_ value: Double) -> Double {
    isLogarithmic
      ? (log10(max(value, low)) - log10(low)) / (log10(high) - log10(low)) : (value - low) / (high - low)
  }

  private static func roundStep(_ least: Double) -> Double {
    let power = pow(10, floor(log10(least)))
    return [1, 2, 5, 10].map { $0 * power }.first { $0 >= least * (1 - 1e-9) } ?? least
  }

  private static func text(_ value: Double, decimals: Int, largest: Double) -> String {
    switch largest {
    case 1e9...: value == 0 ? "0" : scientific(value)
    case 1e6...: trimmed(value / 1e6) + (value == 0 ? "" : "M")
    case 1e4...: trimmed(value / 1e3) + (value == 0 ? "" : "k")
    case ..<1e-3: value == 0 ? "0" : scientific(value)
    default: abs(value) < 1e-12 ? 0.fixed(decimals) : value.fixed(decimals)
    }
  }

  private static func trimmed(_ value: Double) -> String { Float(value).significant(4) }

  /// `2e-5`, where C writes `2e-05`.
  private static func scientific(_ value: Double) -> String {
    let power = floor(log10(abs(value)) + 1e-9)
    return "\(Float(value / pow(10, power)).significant(4))e\(Int(power))"
  }
}
