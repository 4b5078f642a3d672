import SubCore

/// What became of every tensor of a checkpoint and every parameter of a model, all of it at once, by the file's names.
public struct LoadReport: Sendable {
  /// Parameters that took their values from the file.
  public var loaded: [String] = []
  /// Parameters whose values were fitted to another size, and how.
  public var resized: [String] = []
  /// Tensors of the file that the model has no use for, as expected.
  public var dropped: [String] = []
  /// Parameters that start anew, as expected (a classifier).
  public var made: [String] = []
  /// Parameters that should have been in the file.
  public var missing: [String] = []
  /// Tensors of the file that nobody expects.
  public var unexpected: [String] = []
  /// Tensors of the wrong shape, with both shapes.
  public var misshaped: [String] = []

  /// By which names the model's tensors are written back as they came.
  public internal(set) var names: WeightNames
  private let place: String

  init(_ weights: Weights) { (place, names) = (weights.place, WeightNames(weights.naming, prefix: weights.prefix)) }

  /// Throws one error that names every missing, unexpected and mis-shaped tensor.
  func check() throws {
    let faults = [("missing", missing), ("unexpected", unexpected), ("of another shape", misshaped)]
      .filter { !$0.1.isEmpty }
      .map { "\($0.1.count) \($0.0): \($0.1.prefix(12).joined(separator: ", "))\($0.1.count > 12 ? ", …" : "")" }
    guard faults.isEmpty else {
      throw InputError(
        "the weights do not fit the model; " + faults.joined(separator: "; "), at: place,
        cure: "give weights of this architecture and size (masksub inspect shows what a file holds)")
    }
  }

  /// One line for the log.
  public var summary: String {
    [
      ("loaded", loaded), ("resized", resized), ("newly made", made), ("not used", dropped),
    ].filter { !$0.1.isEmpty }.map { "\($0.1.count) \($0.0)" }.joined(separator: ", ")
  }

  /// The summary, and a line each that names what was not simply loaded.
  public var details: [String] {
    [summary]
      + [("resized", resized), ("newly made", made), ("not used", dropped)].filter { !$0.1.isEmpty }
      .map { "\($0.0): \($0.1.prefix(8).joined(separator: ", "))\($0.1.count > 8 ? ", …" : "")" }
  }
}
