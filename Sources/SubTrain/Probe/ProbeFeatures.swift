public import SubCore

/// What a network's classifier reads of samples, with their classes.
public struct ProbeFeatures: Sendable {
  /// What the samples are for, as a file of features calls them: `train`, `val`.
  public let name: String
  /// f32 [N, D].
  public let values: HostArray
  /// The class of every row.
  public let labels: [Int]

  /// Features of samples, row by row.
  public init(_ name: String, _ values: [Float], labels: [Int]) {
    precondition(
      !labels.isEmpty && values.count % labels.count == 0, "ProbeFeatures: \(values.count) of \(labels.count)")
    (self.name, self.labels) = (name, labels)
    self.values = HostArray(values, shape: [labels.count, values.count / labels.count])
  }
}
