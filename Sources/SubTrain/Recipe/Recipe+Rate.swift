import SubData

// The learning rate of another batch than the recipe's.
extension Recipe {
  /// The recipe with settings applied as `with(_:note:)` does it. Where its updates then have more or fewer samples than
  /// before, the rate stays, and `note` is told what the linear rule (Goyal et al. 2017: in proportion to the samples)
  /// makes of it; with `scalesRate` the rate becomes that.
  public func with(
    _ settings: [(key: String, value: String)], scalesRate: Bool, note: (String) -> Void = { _ in }
  ) throws -> Self {
    var changed = try with(settings, note: note)
    let (samples, original) = (changed.samplesPerUpdate, samplesPerUpdate)
    let isGiven = settings.contains { (try? Self.table.row($0.key).key) == "optimizer.lr" }
    guard samples != original else {
      if scalesRate { note("--scale-lr: an update has the recipe's \(original) samples, nothing is to be scaled") }
      return changed
    }
    let scaled = changed.optimizer.lr * Double(samples) / Double(original)
    func text(_ rate: Double) -> String { JSON.number(Double(Float(rate).description) ?? rate).text() }
    let rule = "the linear rule, \(rateRule ?? "which its origin leaves to you")"
    if scalesRate {
      note(
        "--scale-lr: an update has \(samples) samples, the recipe's \(original): lr \(text(changed.optimizer.lr)) becomes "
          + "\(text(scaled)) (\(rule))")
      changed.optimizer.lr = scaled
      try changed.check()
    } else if !isGiven {
      note(
        "an update has \(samples) samples, the recipe's \(original): lr stays \(text(changed.optimizer.lr)); --scale-lr "
          + "makes it \(text(scaled)) (\(rule))")
    }
    return changed
  }
}
