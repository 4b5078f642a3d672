import SubCore
import SubData
import SubTrain

/// What `finetune --probe` and `glue --probe` share.
struct ProbeCommand {
  /// `finetune` or `glue`.
  let command: String
  /// The weights; without them there is nothing to probe.
  let from: String?
  let options: ProbeOptions
  let run: RunOptions

  /// Runs the probe that `make` makes of the weights, writes the network with its new classifier, and prints the metrics.
  func callAsFunction(in context: ToolContext, _ make: (_ from: String) throws -> any LinearProbing) throws {
    try context.refuseRanks("a linear probe is fitted", at: "--probe")
    guard let from else {
      throw InputError("no weights are given to probe", at: "--probe", cure: "add --from FILE", isUsage: true)
    }
    let place = run.output ?? FileSystem.join("runs", "probe-\(WallClock.fileStamp())")
    try FileSystem.checkFree(place, isUsage: true)
    let probe = try make(from)
    for line in [probe.title] + probe.details { context.console.note(line) }
    let result = try probe(strength: options.strength, note: context.console.note)
    if let file = options.features { try Safetensors.write(result.tensors, metadata: [], to: file) }
    try AtomicFolder.write(to: place) { folder in
      try probe.write(to: folder)
      var summary = RunSummary(command: command, task: "probe", method: "probe", seed: run.seed)
      (summary.metrics, summary.seconds) = (result.evaluation.metrics, result.featureSeconds + result.fitSeconds)
      try AtomicFile.write(summary.json.text(indent: 2) + "\n", to: FileSystem.join(folder, "summary.json"))
    }
    context.console.note(
      "features in \(result.featureSeconds.fixed(1)) s, \(result.tried.count + 1) fits in "
        + "\(result.fitSeconds.fixed(1)) s")
    try context.console.print("C \(result.head.strength.fixed(6))")
    for (name, value) in result.evaluation.metrics { try context.console.print("\(name) \(value.fixed(4))") }
    try context.console.print("model \(place)")
  }
}

extension Command {
  /// Throws a usage error for the first option that says how a network is trained, or is one of `others`: a probe trains
  /// none. The field `read` it has a use for.
  func refuseTraining(_ others: Set<String>, butFor read: String) throws {
    let spellings = others.union([
      "--keep", "--max-memory", "--resume", "--config", "--keep-best", "--analyze", "--class-weights",
    ])
    let titles = [MethodOptions.title, FreezeOptions.title]
    for (title, options) in CommandForm(of: self).groups {
      let trains = titles.contains(title) || title.hasPrefix("Recipe")
      let isMeant = { (option: any OptionDeclaration) in
        option.isGiven && option.spelling != read && (trains || spellings.contains(option.spelling))
      }
      guard let given = options.first(where: isMeant) else { continue }
      throw InputError(
        "a linear probe does not train the network", at: given.spelling, cure: "leave it out, or --probe", isUsage: true
      )
    }
  }
}
