/// Data that a recipe is made for, by their size.
public struct TrainingSet: Sendable, Equatable {
  /// What they are called.
  public let name: String
  /// Samples of the training split.
  public let samples: Int
  /// Classes; 0: there are none.
  public let classes: Int

  /// Data of that size.
  public init(_ name: String, samples: Int, classes: Int = 0) {
    (self.name, self.samples, self.classes) = (name, samples, classes)
  }
}
