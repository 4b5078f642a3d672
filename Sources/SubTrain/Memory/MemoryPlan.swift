import SubCore

/// In how many parts a batch passes through the network.
public struct MemoryPlan: Sendable, Equatable {
  /// The number of parts.
  public let parts: Int
  /// Samples of a batch in evaluation: as wanted, or as many as fit.
  public let evaluates: Int
  /// The peak memory of the process that is expected, in bytes.
  public let peak: Int
  /// Whether what is free is given back before evaluations and checkpoints: where it is much, or most of what there is.
  public let trims: Bool
  /// What is to be said of it.
  public let note: String?

  /// The share of an allowance that a plan may fill: the rest is for what nobody foresees.
  private static let share = 0.92
  /// What is much, in bytes.
  private static let much = 1 << 30
  /// What a run takes besides: stacks, the log, the decoding of images.
  private static let rest = 64 << 20

  /// A plan that keeps within all allowances: the fewest parts that do.
  ///
  /// - Parameters:
  ///   - wanted: the number that the recipe names, which is kept; 0: none.
  ///   - begun: with how many a run was begun that goes on; they stay where they fit.
  ///   - normalizes: whether the network normalises by the samples of a part.
  ///   - fewest: samples that a part must have.
  ///   - isTrimmed: whether what is free can be given back in between; else that happens when memory runs out.
  /// - Throws: where not even so few samples fit, or a part would have fewer.
  public init(
    _ memory: StepMemory, within allowances: [MemoryAllowance], wanted: Int = 0, begun: Int? = nil,
    normalizes: Bool = false, fewest: Int = 1, isTrimmed: Bool = true
  ) throws {
    let samples = memory.samples
    let most = samples / fewest
    guard most > 0, fewest == 1 || wanted <= most else {
      throw InputError(
        most == 0
          ? "batch-norm has no statistics of a batch of \(samples)"
          : "\(wanted) parts of \(samples) samples leave some with fewer than \(fewest), of which batch-norm has no statistics",
        at: most == 0 ? "--set batch_size" : "--set accumulation",
        cure: most == 0 ? "give \(fewest) or more" : "give at most \(most)", isUsage: true)
    }
    func shortage(_ need: StepMemory.Need) -> Shortage? {
      Self.shortage(need, saving: memory.saving, within: allowances)
    }
    func text(_ bytes: Int) -> String { Self.text(bytes) }

    var parts = wanted > 0 ? min(wanted, samples) : begun ?? 1
    var notes: [String] = []
    if let lack = shortage(memory.need(parts: parts)) {
      let whole =
        "a step of \(samples) \(parts == 1 ? "samples" : "samples in \(parts) parts") would take "
        + "\(text(lack.need)) besides the \(text(memory.resident)) there are, \(text(lack.allowance.bytes)) "
        + lack.allowance.reason
      if wanted > 0 {
        notes = ["\(whole): the system may end the run; --set accumulation=0 chooses what fits"]
      } else {
        // Refused is only what cannot be: a tight run is tried.
        if let lack = Self.shortage(
          memory.need(parts: most), saving: memory.saving, within: allowances, rest: 0, share: 1)
        {
          throw InputError(
            "a step of \(fewest == 1 ? "one sample" : "\(fewest) samples") takes \(text(lack.need)) besides the "
              + "\(text(memory.resident)) of weights, gradients and moments, and \(text(lack.allowance.bytes)) \(lack.allowance.reason)",
            at: "memory",
            cure: "add --set recompute=true, use smaller images or a smaller model, or give it more memory")
        }
        let part = Self.largest(below: samples) { shortage(memory.need(parts: (samples + $0 - 1) / $0)) == nil }
        parts = min(most, max(parts, (samples + part - 1) / part))
        let exact = normalizes ? " (batch-norm has the statistics of a part)" : ""
        var note =
          "\(whole): every batch passes in \(parts) parts of at most \((samples + parts - 1) / parts), which gives the "
          + "same gradients\(exact); --set accumulation=N gives another number"
        if let begun, begun != parts { note += "; the run was begun with \(begun), so last bits will differ" }
        notes = [note]
      }
    }
    var evaluates = memory.evaluation.samples
    if evaluates > 1, let lack = shortage(memory.need(evaluating: evaluates)) {
      evaluates = Self.largest(below: evaluates) { shortage(memory.need(evaluating: $0)) == nil }
      notes.append(
        "evaluates \(evaluates) samples at once, where \(memory.evaluation.samples) would take \(text(lack.need)): metrics "
          + "do not depend on it")
    }
    (self.parts, self.evaluates) = (parts, evaluates)
    note = notes.isEmpty ? nil : notes.joined(separator: "; ")
    let (need, evaluating) = (memory.need(parts: parts), memory.need(evaluating: evaluates))
    let together = memory.need(parts: parts, evaluating: evaluates)
    trims =
      isTrimmed
      && (together.memory > Self.much
        || allowances.contains { together.bytes($0.kind) + memory.saving + Self.rest > $0.bytes / 2 })
    let taken = trims ? max(need.memory, evaluating.memory, memory.saving) : together.memory + memory.saving
    peak = memory.resident + (isTrimmed ? taken : min(taken, allowances.map(\.bytes).min() ?? taken))
  }

  private typealias Shortage = (need: Int, allowance: MemoryAllowance)

  /// The smallest allowance of which a need leaves too little, and the need of its kind; nil where all is well.
  private static func shortage(
    _ need: StepMemory.Need, saving: Int, within allowances: [MemoryAllowance], rest: Int = Self.rest,
    share: Double = Self.share
  ) -> Shortage? {
    allowances.map { (max(need.bytes($0.kind), saving) + rest, $0) }
      .filter { $0.0 > Int(Double($0.1.bytes) * share) }.min { $0.1.bytes < $1.1.bytes }
  }

  /// The largest number below `limit` that fits, of which 1 is taken to.
  private static func largest(below limit: Int, fits: (Int) -> Bool) -> Int {
    var (most, fails) = (1, limit)
    while fails - most > 1 {
      let middle = (most + fails) / 2
      if fits(middle) { most = middle } else { fails = middle }
    }
    return most
  }

  /// Throws where memory does not hold the gradients and moments of so many weights.
  static func admit(weights: Int, within allowances: [MemoryAllowance]) throws {
    let need = 3 * MemoryLayout<Float>.size * weights
    guard let lack = allowances.first(where: { $0.bytes < need }) else { return }
    throw InputError(
      "gradients and moments of \((Double(weights) / 1e6).fixed(1)) million weights take \(text(need)), and "
        + "\(text(lack.bytes)) \(lack.reason)", at: "memory", cure: "use a smaller model, or give it more memory")
  }

  /// Bytes for people: `21.9 GiB`, `740 MiB`.
  public static func text(_ bytes: Int) -> String {
    bytes >= 10 << 30
      ? "\((Double(bytes) / 1_073_741_824).fixed(1)) GiB"
      : bytes >= 1 << 30 ? "\((Double(bytes) / 1_073_741_824).fixed(2)) GiB" : "\(bytes >> 20) MiB"
  }
}
