import SubCore

/// A count of a model's outputs, and of those that are not finite: what a diverged run leaves is no result.
struct FiniteOutputs {
  private var (rows, broken) = (0, 0)

  /// Counts an input's row.
  mutating func add(_ row: some Collection<Float>) {
    rows += 1
    if !row.allSatisfy(\.isFinite) { broken += 1 }
  }

  /// Throws an `InputError` at the model's place where a row is not finite.
  func check(at place: String) throws(InputError) {
    if broken > 0 { throw Self.error("\(broken) of the model's \(rows) outputs are not finite", at: place) }
  }

  /// The error of outputs that are not finite.
  static func error(_ what: String = "the model's outputs are not finite", at place: String) -> InputError {
    InputError(
      what, at: place, cure: "give other weights (masksub inspect --stats shows which of these are not finite)")
  }
}
