public import SubCore

/// The rates of one parameter: a factor on the learning rate (layer-wise decay) and its weight decay.
public struct ParameterRates: Sendable, Equatable {
  /// The factor of the learning rate.
  public var lrScale: Double
  /// The decoupled weight decay.
  public var weightDecay: Double

  /// Rates.
  public init(lrScale: Double = 1, weightDecay: Double) {
    self.lrScale = lrScale
    self.weightDecay = weightDecay
  }
}

/// The rates of every parameter of a set, by name.
public struct ParameterGroups {
  let rates: [ParameterRates]

  /// Asks `rates` for every parameter.
  public init(_ set: ParameterSet, _ rates: (Parameter) -> ParameterRates) {
    self.rates = set.parameters.map(rates)
  }

  /// One decay where the rule says so, and rates by layer; nil: every layer at the same.
  public init(_ set: ParameterSet, weightDecay: Double, rule: DecayRule, layers: LayerDecay? = nil) {
    self.init(set) { parameter in
      ParameterRates(
        lrScale: layers?.scale(of: parameter.name) ?? 1,
        weightDecay: rule.decays(parameter.name, rank: parameter.shape.rank) ? weightDecay : 0)
    }
  }
}
