public import SubCore

/// What a linear probe found.
public struct ProbeResult {
  /// The metrics on what is evaluated.
  public let evaluation: Evaluation
  /// The strengths that were tried and the shares of the searched samples that they got right; none, where one was given.
  public let tried: [(strength: Double, score: Double)]
  /// The classifier.
  public let head: LinearProbe.Head
  /// What it was fitted on, and what it was evaluated on.
  public let training: ProbeFeatures
  public let evaluated: [ProbeFeatures]
  /// Seconds for the features, and for the classifiers.
  public let featureSeconds, fitSeconds: Double

  /// The features with their labels: `train.features`, `train.labels`, `val.…`.
  public var tensors: [(name: String, array: HostArray)] {
    ([training] + evaluated).flatMap { part in
      [
        ("\(part.name).features", part.values),
        ("\(part.name).labels", HostArray(part.labels.map { Int64($0) }, shape: [part.labels.count])),
      ]
    }
  }
}
