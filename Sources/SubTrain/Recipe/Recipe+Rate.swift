import SubData

/// How a recipe's origin scales rates with the batch.
public struct RateRule: Sendable {
  /// In words: `blr × batch / 256 in MAE's code`.
  public let text: String
  /// Whether the rate at which the warmup begins and the one at the end go with the peak.
  public let scalesAll: Bool

  /// A rule that scales the peak alone, unless told otherwise.
  public init(_ text: String, scalesAll: Bool = false) { (self.text, self.scalesAll) = (text, scalesAll) }
}

// The learning rate of another batch than the recipe's.
extension Recipe {
  /// The recipe with settings applied as `with(_:note:)` does it. Where its updates then have more or fewer samples than
  /// before, the rate stays, and `note` is told what the linear rule (Goyal et al. 2017: in proportion to the samples)
  /// makes of it; with `scalesRate` the rate becomes that. The two other rates go with it where they do so in the recipe's
  /// origin.
  public func with(
    _ settings: [(key: String, value: String)], scalesRate: Bool, note: (String) -> Void = { _ in }
  ) throws -> Self {
    let changed = try with(settings, note: note)
    let (samples, original) = (changed.samplesPerUpdate, samplesPerUpdate)
    let isGiven = settings.contains { (try? Self.table.row($0.key).key) == "optimizer.lr" }
    guard samples != original else {
      if scalesRate { note("--scale-lr: an update has the recipe's \(original) samples, nothing is to be scaled") }
      return changed
    }
    var rates: [(name: String, path: WritableKeyPath<Self, Double>)] = [("lr", \.optimizer.lr)]
    if rateRule?.scalesAll == true { rates += [("warmup_lr", \.schedule.warmupLr), ("min_lr", \.schedule.minLr)] }
    var scaled = changed
    for (_, path) in rates { scaled[keyPath: path] = changed[keyPath: path] * Double(samples) / Double(original) }
    func text(_ rate: Double) -> String { JSON.number(Double(Float(rate).description) ?? rate).text() }
    func list(_ words: (_ name: String, _ now: String, _ scaled: String) -> String) -> String {
      rates.map { words($0.name, text(changed[keyPath: $0.path]), text(scaled[keyPath: $0.path])) }
        .joined(separator: ", ")
    }
    let rule = "the linear rule, \(rateRule?.text ?? "which its origin leaves to you")"
    if scalesRate {
      note(
        "--scale-lr: an update has \(samples) samples, the recipe's \(original): "
          + list { "\($0) \($1) becomes \($2)" } + " (\(rule))")
      try scaled.check()
      return scaled
    }
    if !isGiven {
      note(
        "an update has \(samples) samples, the recipe's \(original): \(list { name, now, _ in "\(name) stays \(now)" }); "
          + "--scale-lr makes \(rates.count > 1 ? "them" : "it") \(list { $2 }) (\(rule))")
    }
    return changed
  }
}
