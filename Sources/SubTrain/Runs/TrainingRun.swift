import SubCore
public import SubData
public import SubNN

/// A run of any modality: what it trains, by which recipe's numbers and by which method. Around the loop it keeps a folder
/// with the configuration that repeats it, a log, checkpoints and a summary. Modalities make such values of their
/// recipes and data: `VisionRun`, `TextRun`, `ClipRun`. A value is trained once; to go on, make it again.
public struct TrainingRun<Subject: Trainable> {
  /// What is trained.
  public let subject: Subject
  /// How a step trains.
  public let method: any Method
  /// The numbers.
  public let recipe: any Recipe
  /// The loop that they make.
  public let loop: LoopSettings
  /// The command that resumes such a run, and its task or recipe: `glue`, `cola`.
  public var command, task: String
  /// What `config.json` holds besides method, seed and recipe: where data and weights came from, for instance.
  public var configuration: JSON.Object = [:]
  /// What the run is, for its first line; what has to be said before, and details of the model behind it.
  public var title = ""
  public var remarks: [String] = []
  public var details: [String] = []

  /// Whether the data is not the user's: a long run is cut to what shows how it works, in about two minutes.
  public var isDemonstration = false

  private let optimizer: any Optimizer
  private let schedule: Schedule
  /// Bytes that the processes on this machine may have.
  private let memoryLimit: Int?

  /// A run by a recipe's numbers. Throws where memory does not hold gradients and moments of its weights.
  ///
  /// - Parameters:
  ///   - groups: the rates of the parameters.
  ///   - bestMetrics: the metrics by which an evaluation is the best: the first of them that it has.
  public init(
    _ command: String, _ subject: Subject, by recipe: some Recipe, method: some Method, groups: ParameterGroups,
    bestMetrics: [String], _ settings: RunSettings
  ) throws {
    (self.command, self.subject, self.recipe, self.method) = (command, subject, recipe, method)
    task = recipe.name
    let perEpoch = recipe.updatesPerEpoch(of: subject.source.batchesPerEpoch)
    var loop = LoopSettings(recipe, stepsPerEpoch: perEpoch, seed: settings.seed)
    (loop.keep, loop.keepsBest, loop.analyze) = (settings.keep, settings.keepsBest, settings.analyze)
    (loop.bestMetrics, loop.ranks) = (bestMetrics, settings.ranks)
    self.loop = loop
    memoryLimit = settings.memory
    let (batch, ranks) = (recipe.loop.batchSize, settings.ranks.count)
    guard batch % ranks == 0 else {
      let fitting = (batch + ranks - 1) / ranks * ranks
      let fewer = (1..<ranks).last { batch % $0 == 0 } ?? 1
      throw InputError(
        "\(ranks) ranks do not divide a batch of \(batch)", at: "--ranks \(ranks)",
        cure: "give --batch-size \(fitting), or \(fewer) rank\(fewer == 1 ? "" : "s")", isUsage: true)
    }
    try MemoryPlan.admit(
      weights: subject.parameters.arena.count,
      within: MachineMemory.allowances(
        of: subject.parameters.arena.device, own: settings.memory,
        sharers: settings.ranks.sharers(of: subject.parameters.arena.device)))
    optimizer = recipe.optimizer.make(subject.parameters, groups, subject.published)
    schedule = recipe.rates(stepsPerEpoch: perEpoch)
  }

  /// Trains to the end, or goes on from the newest checkpoint and then to the end.
  ///
  /// - Parameters:
  ///   - output: the run's folder; nil: a new one, `runs/COMMAND-TIME`.
  ///   - resuming: whether the run in that folder is to go on. Throws where it was begun as another one.
  ///   - line: the command line, for `config.json`.
  @discardableResult
  public func train(
    to output: String? = nil, resuming: Bool = false, line: CommandLineRecord = CommandLineRecord(),
    reporter: any Reporter = SilentReporter()
  ) throws -> (folder: RunFolder, summary: RunSummary) {
    if !resuming { try subject.source.check() }
    try ranks.check(subject.source.identity)
    guard subject.isEvaluated || !loop.keepsBest && loop.patience == 0 else {
      throw InputError(
        "nothing is evaluated in this run, so nothing is its best", at: loop.keepsBest ? "--keep-best" : "--patience",
        cure: "give data to evaluate on, or leave it out", isUsage: true)
    }
    let memory = try StepMemory(of: subject, method, recomputes: self.loop.recomputes)
    _ = try self.plan(memory)
    let folder = try RunFolder.open(output: output, resume: resuming, command: command, over: ranks)
    let plan = try self.plan(memory, begun: resuming ? folder.configuration()["parts"]?.int : nil)
    // Ranks have as many parts, though memory may not be the same everywhere.
    if let plan { subject.evaluationBatch = ranks.smallest(plan.evaluates) }
    // As long for every method, so that they can be compared: as MaskSub's step takes.
    let measured =
      isDemonstration && !(method is MaskSub)
      ? try StepMemory(of: subject, MaskSub(ratio: recipe.method.ratio)) : memory
    let demonstration =
      isDemonstration
      ? measured.flatMap { Demonstration(operations: $0.operations, samples: $0.samples * ranks.count, of: self.loop) }
      : nil
    var loop = demonstration?.loop ?? self.loop
    (loop.parts, loop.trims) = (ranks.largest(plan?.parts ?? max(1, loop.parts)), plan?.trims ?? false)
    let changes =
      ranks.rank > 0
      ? [] : try describe(in: folder, resuming: resuming, line, plan, demonstration, steps: loop.totalSteps)
    if ranks.rank == 0, !folder.isLocked {
      reporter.note("no lock: the file system of \(folder.path) knows none, so start nothing else on this run")
    }
    for remark in changes + remarks { reporter.note(remark) }
    reporter.note("\(title), steps: \(loop.totalSteps), method \(type(of: method).name), \(folder.path)")
    let precision = subject.parameters.precision
    if let model = device.model {
      reporter.note("computes in \(precision.rawValue) on \(device), \(model)")
    } else if precision == .bf16 {
      reporter.note("computes in bf16; this processor has \(Processor.bf16)")
    }
    if !ranks.isAlone {
      reporter.note(
        "\(ranks.count) ranks, each with \(recipe.loop.batchSize / ranks.count) of a batch's \(recipe.loop.batchSize) samples"
          + (subject.parameters.buffers.isEmpty || loop.syncBatchNorm
            ? "" : "; batch-norm has the statistics of a rank's samples, and the mean of all ranks' to evaluate with"))
    }
    for note in idleSettings(loop) { reporter.note(note) }
    for line in details { reporter.note("  \(line)") }
    for note in [plan?.note, demonstration?.note].compactMap({ $0 }) { reporter.note(note) }

    let trainer = Trainer(
      subject, method: method, optimizer: optimizer,
      schedule: { [schedule] in schedule.rate(at: demonstration?.place(of: $0) ?? $0) },
      settings: loop, in: folder,
      reporter: reporter)
    let (final, position) = try trainer.train(resuming: resuming)
    for remark in subject.remarks { reporter.note(remark) }
    let summary = summary(final, position)
    if ranks.rank == 0 { try folder.writeSummary(summary) }
    return (folder.released, summary)
  }

  /// What settings for several ranks do not do in this run.
  private func idleSettings(_ loop: LoopSettings) -> [String] {
    var notes: [String] = []
    if loop.syncBatchNorm, ranks.isAlone || subject.parameters.buffers.isEmpty {
      notes.append("sync_bn does nothing: " + (ranks.isAlone ? "there is one process" : "there is no batch-norm"))
    }
    if loop.overlap == .always, let obstacle = GradientOverlap.obstacle(loop, subject) {
      notes.append("overlap does nothing: \(obstacle)")
    }
    return notes
  }

  /// In how many parts batches pass, so that memory holds a step; nil where nothing is known of it.
  private func plan(_ memory: StepMemory?, begun: Int? = nil) throws -> MemoryPlan? {
    try memory.map {
      try MemoryPlan(
        $0, within: MachineMemory.allowances(of: device, own: memoryLimit, sharers: ranks.sharers(of: device)),
        wanted: loop.parts, begun: begun, normalizes: !subject.parameters.buffers.isEmpty,
        fewest: subject.fewestSamples, isTrimmed: device.isHost)
    }
  }

  private var device: Device { subject.parameters.arena.device }
  private var ranks: any Communicator { loop.ranks }

  /// Evaluates the model as it stands.
  public func evaluate() throws -> Evaluation { try subject.evaluate() }

  /// Writes `config.json`, or throws where the folder's run was begun as another one. What is to be said of a run that
  /// goes on with other numbers.
  private func describe(
    in folder: RunFolder, resuming: Bool, _ line: CommandLineRecord, _ plan: MemoryPlan?,
    _ demonstration: Demonstration?, steps: Int
  ) throws -> [String] {
    var object: JSON.Object = ["method": .string(type(of: method).name)]
    for (name, value) in method.numbers { object[name] = .number(value) }
    object["seed"] = .integer(Int64(loop.seed))
    object["precision"] = .string(subject.parameters.precision.rawValue)
    object["samples"] = subject.source.identity
    for member in configuration.members { object[member.key] = member.value }
    if resuming {
      let changes = try folder.check(resumedWith: object, recipe)
      let done = try Checkpoint.steps(of: folder).last ?? 0
      guard steps >= done else {
        throw InputError(
          "the run is to end at step \(steps) and has done \(done)", at: folder.path,
          cure: "give at least as many (--max-steps, --epochs), or begin another run", isUsage: true)
      }
      if !changes.isEmpty { try folder.writeChanges(changes, recipe, steps: steps, by: line) }
      let begun = try folder.configuration()["device"]?.string ?? Device.cpu.kind
      let moves = begun == device.kind ? [] : ["goes on on \(device), begun on \(begun): last bits differ from here on"]
      let version = try folder.configuration()["version"]?.string
      let versions =
        version == nil || line.version == nil || version == line.version
        ? []
        : ["goes on by version \(line.version!), begun by \(version!): the changelog says what trains otherwise since"]
      let former = try folder.configuration()["ranks"]?.int ?? 1
      let joins =
        former == ranks.count
        ? []
        : [
          "goes on with \(ranks.count) rank\(ranks.isAlone ? "" : "s"), begun with \(former): "
            + (subject.parameters.buffers.isEmpty || loop.syncBatchNorm
              ? "last bits differ from here on"
              : "batch-norm has the statistics of other samples from here on")
        ]
      return versions + moves + joins
        + changes.map { key, begun, now in
          "goes on with \(key) \(now.text()), begun with \(begun.text())" + consequence(of: key, steps: steps)
        }
    }
    for member in line.program.members { object[member.key] = member.value }
    object["device"] = .string(device.kind)
    if !ranks.isAlone { object["ranks"] = .integer(Int64(ranks.count)) }
    object["recipe"] = recipe.json
    object["steps"] = .integer(Int64(steps))
    object["steps_per_epoch"] = .integer(Int64(loop.stepsPerEpoch))
    object["best_by"] = .array(loop.bestMetrics.map { .string($0) })
    object["parts"] = plan.map { .integer(Int64($0.parts)) }
    object["predicted_peak_mib"] = plan.map { .integer(Int64($0.peak >> 20)) }
    object["demonstration"] = demonstration.map { .integer(Int64($0.loop.totalSteps)) }
    try folder.writeConfiguration(command: command, arguments: line.arguments, object)
    return []
  }

  /// What another length means for a run that goes on.
  private func consequence(of key: String, steps: Int) -> String {
    let (limit, spansEpochs) = (recipe.loop.maxSteps, recipe.schedule.form.spansEpochs)
    switch key {
    case "schedule.epochs" where limit > 0 && steps == limit:
      return "; it still ends after max_steps \(limit) updates, which --max-steps 0 lifts"
    case "schedule.epochs": return "; its learning rate is now that of the new length"
    case "loop.max_steps" where !spansEpochs: return "; its learning rate is now that of the new length"
    default: return ""
    }
  }

  private func summary(_ final: Evaluation, _ position: Checkpoint.Position) -> RunSummary {
    var summary = RunSummary(command: command, task: task, method: type(of: method).name, seed: loop.seed)
    summary.metrics = final.metrics
    summary.devicePeak = device.memoryUsage?.heldPeak
    (summary.seconds, summary.trainingSeconds) = (position.elapsed, position.seconds)
    summary.samplesPerSecond = position.seconds > 0 ? Double(position.samples) / position.seconds : 0
    summary.best = position.best.map { best in
      (best.step, best.metrics.keys.sorted().map { (name: $0, value: best.metrics[$0]!) })
    }
    return summary
  }
}

extension MethodChoice {
  /// The method of a recipe's run and, for `--analyze`, what is hidden of evaluated inputs. Throws a usage error where
  /// either would hide all of an image's `patches`.
  public func resolved(
    by recipe: some Recipe, dropPath: Double = 0, patches: Int? = nil, _ settings: RunSettings
  ) throws -> (method: any Method, masking: Masking?) {
    let basis = RatioBasis(recipe.method, dropPath: dropPath)
    let method = try resolved(basis, selection: recipe.method.masking)
    let masking = settings.analyze ? Self.analyzed(method, basis, selection: recipe.method.masking) : nil
    if let patches {
      try method.check(patches: patches, at: "--ratio")
      if let masking { try Masking.check(ratio: masking.ratio, patches: patches, at: "--analyze") }
    }
    return (method, masking)
  }
}
