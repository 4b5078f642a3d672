public import SubCore

/// RandAugment as timm does it: some operations drawn with replacement, each applied with some probability, its
/// strength drawn around a magnitude for every application.
public struct RandAugment: Sendable, Equatable {
  /// The mean strength, 0 to 10.
  public var magnitude: Double
  /// The standard deviation of the strength; above 100 the strength is uniform in 0...magnitude.
  public var deviation: Double
  /// The upper bound of a drawn strength.
  public var maximum: Double
  /// How many operations are drawn for a picture.
  public var layers: Int
  /// The probability with which a drawn operation is applied.
  public var probability: Double
  /// Whether posterize, solarize and the colour operations grow stronger with the strength (timm's `inc1`).
  public var increasing: Bool

  /// Reads timm's notation, for instance `rand-m9-mstd0.5-inc1`: `m` magnitude, `mstd` deviation, `mmax` maximum,
  /// `n` layers, `p` probability, `inc` increasing. `inc0` is off (the timm
  /// versions that the recipes pin took any `inc` for on).
  ///
  /// Throws `InputError` for anything else, which names timm's other policies as such.
  public init(_ notation: String) throws {
    self.init(magnitude: 10, deviation: 0)
    let parts = notation.split(separator: "-", omittingEmptySubsequences: false)
    func wrong(_ part: some StringProtocol) -> InputError {
      InputError(
        "'\(part)' is no part of a RandAugment policy", at: notation,
        cure: "write it as timm does, for instance rand-m9-mstd0.5-inc1", isUsage: true)
    }
    func missing(_ what: String) -> InputError {
      InputError(
        "timm's \(what) is not among the policies here", at: notation,
        cure: "use a RandAugment such as rand-m9-mstd0.5-inc1, or three-augment, which is timm's 3a", isUsage: true)
    }
    let policy = parts.first.map(String.init) ?? ""
    guard policy == "rand" else { throw Self.others.contains(policy) ? missing(policy) : wrong(policy) }
    for part in parts.dropFirst() {
      // Another set of operations than the usual one.
      if part.hasPrefix("t"), part.count > 1 { throw missing("rand with \(part)") }
      let name = part.prefix { $0.isLetter }
      guard let value = Double(part.dropFirst(name.count)), value.isFinite, value >= 0 else { throw wrong(part) }
      switch name {
      case "m" where value <= 100: magnitude = value
      case "mstd": deviation = value
      case "mmax" where value > 0: maximum = value
      case "n" where value >= 1 && value <= 100: layers = Int(value)
      case "p" where value <= 1: probability = value
      case "inc": increasing = value != 0
      default: throw wrong(part)
      }
    }
  }

  /// The names of timm's policies that are no RandAugment.
  private static let others = ["augmix", "original", "originalr", "v0", "v0r", "3a"]

  /// A policy from its numbers.
  public init(
    magnitude: Double, deviation: Double = 0.5, maximum: Double = 10, layers: Int = 2, probability: Double = 0.5,
    increasing: Bool = false
  ) {
    self.magnitude = magnitude
    self.deviation = deviation
    self.maximum = maximum
    self.layers = layers
    self.probability = probability
    self.increasing = increasing
  }

  /// Draws the operations for one picture; `interpolation` gives the filter of each geometric one.
  public func operations(
    key: RandomKey, interpolation: (RandomKey) -> Interpolation
  ) -> [PixelOperation] {
    (0..<layers).compactMap { layer in
      let draw = key.fold(layer)
      let kind = draw.integer(below: 15, at: 0)
      guard draw.uniform64(at: 1) < probability else { return nil }
      return operation(kind, level(draw), draw.uniform64(at: 2) < 0.5 ? -1 : 1, interpolation(draw))
    }
  }

  private func level(_ draw: RandomKey) -> Double {
    let level =
      switch deviation {
      case 0: magnitude
      case let deviation where deviation > 100: magnitude * draw.uniform64(at: 3)
      default: magnitude + deviation * draw.fold("level").normal(at: 0)
      }
    return max(0, min(level, maximum))
  }

  /// The operation of that number in timm's list, at a level of 0...10 and a sign of ±1.
  func operation(_ kind: Int, _ level: Double, _ sign: Double, _ filter: Interpolation) -> PixelOperation {
    let share = level / 10
    let factor = increasing ? max(0.1, 1 + sign * (share * 0.9)) : share * 1.8 + 0.1
    switch kind {
    case 0: return .autoContrast
    case 1: return .equalize
    case 2: return .invert
    case 3: return .rotate(degrees: sign * (share * 30), filter)
    case 4: return .posterize(bits: increasing ? 4 - Int(share * 4) : Int(share * 4))
    case 5:
      let threshold = min(256, Int(share * 256))
      return .solarize(threshold: increasing ? 256 - threshold : threshold)
    case 6: return .solarizeAdd(add: min(128, Int(share * 110)))
    case 7: return .saturation(factor: factor)
    case 8: return .contrast(factor: factor)
    case 9: return .brightness(factor: factor)
    case 10: return .sharpness(factor: factor)
    case 11: return .shearX(factor: sign * (share * 0.3), filter)
    case 12: return .shearY(factor: sign * (share * 0.3), filter)
    case 13: return .translateX(share: sign * (share * 0.45), filter)
    default: return .translateY(share: sign * (share * 0.45), filter)
    }
  }
}
