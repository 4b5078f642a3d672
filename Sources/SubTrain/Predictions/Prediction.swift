import Foundation

/// What a model says of one input.
public enum Prediction: Sendable, Equatable {
  /// A class and how likely it is.
  public struct Share: Sendable, Equatable {
    /// The class's number, its place among the logits.
    public let index: Int
    /// What it is called, where that is known.
    public let name: String?
    /// From 0 to 1.
    public let probability: Double
  }

  /// The most probable classes, the best first.
  case classes([Share])
  /// The values of a regression, mostly one.
  case values([Double])
}

/// How logits become probabilities.
public enum Likelihood: String, Sendable, CaseIterable {
  /// Of all classes together 1: networks trained by softmax cross-entropy.
  case softmax
  /// Of every class by itself: networks trained by binary cross-entropy.
  case sigmoid

  /// The probabilities of a row of logits.
  public func probabilities(_ logits: some Collection<Float>) -> [Double] {
    switch self {
    case .sigmoid: return logits.map { 1 / (1 + exp(-Double($0))) }
    case .softmax:
      let highest = logits.max() ?? 0
      let shares = logits.map { exp(Double($0) - Double(highest)) }
      let sum = shares.reduce(0, +)
      return shares.map { $0 / sum }
    }
  }
}

/// Reads predictions off logits.
public struct PredictionReader: Sendable {
  /// How logits become probabilities; nil: outputs are values.
  public var likelihood: Likelihood?
  /// The classes, or the values, in the order of their numbers, where they are known.
  public var classNames: [String]?
  /// How many classes are named of every input.
  public var top: Int

  /// A reader of logits; `likelihood` nil: of a regression.
  public init(_ likelihood: Likelihood?, classNames: [String]? = nil, top: Int = 5) {
    precondition(top > 0, "PredictionReader: top \(top)")
    (self.likelihood, self.classNames, self.top) = (likelihood, classNames, top)
  }

  /// What a row of logits says. Of equally probable classes the first comes first; what is no number comes last.
  public func callAsFunction(_ logits: some Collection<Float>) -> Prediction {
    guard let likelihood else { return .values(logits.map { Double($0) }) }
    let probabilities = likelihood.probabilities(logits)
    func key(_ index: Int) -> Double { probabilities[index].isNaN ? -1 : probabilities[index] }
    let best = probabilities.indices.sorted { (key($1), $0) < (key($0), $1) }.prefix(top)
    return .classes(
      best.map { index in
        let name = classNames.flatMap { $0.indices.contains(index) ? $0[index] : nil }
        return Prediction.Share(index: index, name: name, probability: probabilities[index])
      })
  }
}
