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

  /// One decay for all but biases and norms, the usual rule for BERT: names that contain `bias` or `norm` are left out.
  /// `layers`: rates by depth.
  public static func decayingAllButBiasesAndNorms(
    _ set: ParameterSet, weightDecay: Double, layers: LayerDecay? = nil
  ) -> ParameterGroups {
    ParameterGroups(set) { parameter in
      let name = parameter.name.lowercased()
      return ParameterRates(
        lrScale: layers?.scale(of: parameter.name) ?? 1,
        weightDecay: name.contains("bias") || name.contains("norm") ? 0 : weightDecay)
    }
  }
}
