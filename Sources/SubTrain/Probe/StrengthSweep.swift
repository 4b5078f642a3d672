import Foundation

/// The search for a probe's strength that CLIP's evaluation does (Radford et al. 2021, appendix A.3): 96 values from 1e-6 to
/// 1e6, evenly spaced by their logarithms, of which it tries every sixteenth and then halves the distance around the best
/// until neighbours have been tried.
public struct StrengthSweep {
  /// What was tried, in order: the strength and how good it was.
  public private(set) var tried: [(strength: Double, score: Double)] = []

  /// Steps of an eighth of a decade from 1e-6: 0 to 96.
  private static func strength(_ step: Int) -> Double { pow(10, -6 + Double(step) / 8) }

  /// A sweep that has tried nothing.
  public init() {}

  /// Searches by `score`, of which more is better; among equals the smaller strength, the stronger penalty, is taken.
  ///
  /// - Returns: the best strength.
  public mutating func search(_ score: (_ strength: Double) throws -> Double) rethrows -> Double {
    var scores: [Int: Double] = [:]
    func look(_ step: Int) throws {
      guard (0...96).contains(step), scores[step] == nil else { return }
      let value = try score(Self.strength(step))
      scores[step] = value
      tried.append((Self.strength(step), value))
    }
    func best() -> Int { scores.max { ($0.value, -$0.key) < ($1.value, -$1.key) }!.key }
    for step in stride(from: 0, through: 96, by: 16) { try look(step) }
    var distance = 8
    while distance > 0 {
      let middle = best()
      try look(middle - distance)
      try look(middle + distance)
      distance /= 2
    }
    return Self.strength(best())
  }
}
