public import SubCore

/// A part of a step's loss.
public struct LossTerm {
  let loss: Tensor
  let weight: Double
  let kind: StepLosses.Kind

  /// A loss by the label.
  public static func main(_ loss: Tensor, weight: Double = 1) -> LossTerm {
    LossTerm(loss: loss, weight: weight, kind: .main)
  }

  /// A loss by what another branch says.
  public static func sub(_ loss: Tensor, weight: Double) -> LossTerm {
    LossTerm(loss: loss, weight: weight, kind: .sub)
  }

  func detached() -> LossTerm { LossTerm(loss: loss.detached(), weight: weight, kind: kind) }

  /// The sum of terms by their weights, times `factor`.
  static func sum(_ terms: [LossTerm], times factor: Double = 1) -> Tensor {
    let parts = terms.map { $0.loss.scaled(by: $0.weight * factor) }
    return parts.dropFirst().reduce(parts[0]) { $0.adding($1) }
  }
}

/// The losses of a step, still on the device.
public struct StepLosses {
  /// By what a loss judges: the label, or what another branch says.
  public enum Kind: Sendable {
    case main, sub
  }

  /// The supervised loss; of several supervised branches the mean by their weights.
  public let main: Tensor
  /// The loss by what other branches say; nil where no branch judges another.
  public let sub: Tensor?
  /// What each of the two has of the whole loss.
  public let mainWeight, subWeight: Double

  init(_ terms: [LossTerm]) {
    func mean(_ terms: [LossTerm]) -> (loss: Tensor?, weight: Double) {
      let weight = terms.reduce(0) { $0 + $1.weight }
      return (terms.count < 2 ? terms.first?.loss : LossTerm.sum(terms, times: 1 / weight), weight)
    }
    let (supervised, mimicking) = (mean(terms.filter { $0.kind == .main }), mean(terms.filter { $0.kind == .sub }))
    guard let loss = supervised.loss else { preconditionFailure("StepLosses: a step without a supervised loss") }
    (main, mainWeight, sub, subWeight) = (loss, supervised.weight, mimicking.loss, mimicking.weight)
  }

  /// Losses that are known.
  init(main: Tensor, _ mainWeight: Double, sub: Tensor?, _ subWeight: Double) {
    (self.main, self.mainWeight, self.sub, self.subWeight) = (main, mainWeight, sub, subWeight)
  }

  /// The whole loss of given values of both.
  public func total(main: Double, sub: Double?) -> Double { main * mainWeight + (sub.map { $0 * subWeight } ?? 0) }
}
