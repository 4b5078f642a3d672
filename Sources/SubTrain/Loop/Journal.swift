import SubCore
import SubData
import SubNN

/// What a run leaves behind while it works: the log, checkpoints, evaluations, and a last checkpoint where a signal ends
/// it.
final class Journal<Subject: Trainable> {
  /// Where the run stands.
  var position = Checkpoint.Position()
  /// The evaluation behind the newest update.
  private(set) var final: Evaluation?

  private let subject: Subject
  private let parts: [(name: String, part: any Checkpointed)]
  private let settings: LoopSettings
  private let folder: RunFolder?
  private let reporter: any Reporter
  /// Of rank 0 alone.
  private let log: MetricsLog?
  private let began: Double
  /// The step of the newest checkpoint.
  private var saved = -1
  /// Whether the newest evaluation is the best, and its checkpoint is to stay.
  private var isBest: Bool { settings.keepsBest && position.best?.step == position.step }
  /// Whether so many evaluations in turn were no better that the run ends.
  var isOver: Bool { settings.patience > 0 && position.sinceBest >= settings.patience }
  /// Where the current line of the log began.
  private var line: (step: Int, seconds: Double, samples: Int)
  /// The losses of the updates behind the last line, added up on the device.
  private var sums: LossSums

  /// Opens the journal of a run in `folder`; nil: nothing is written. A run that is resumed is put back to its newest
  /// checkpoint.
  init(
    _ subject: Subject, _ optimizer: any Optimizer, _ settings: LoopSettings, in folder: RunFolder?,
    _ reporter: any Reporter, resuming: Bool
  ) throws {
    (self.subject, self.settings, self.folder, self.reporter) = (subject, settings, folder, reporter)
    parts = [("optimizer", optimizer)] + subject.parts
    var resumption: MetricsLog.Resumption?
    if resuming, let folder {
      if let checkpoint = try Checkpoint.newest(of: folder, over: settings.ranks, note: reporter.note) {
        position = try checkpoint.restore(parts, subject.published)
        position.source = RankStates.own(position.source, settings.ranks)
        // Version 0.1 counted the parts of a batch.
        guard settings.accumulation > 1 || position.batches == position.step else {
          throw InputError(
            "the checkpoint counts \(position.batches) batches in \(position.step) updates: an older version wrote it, which "
              + "drew every part of a batch on its own", at: checkpoint.path, cure: "go on with that version")
        }
        try subject.read(from: checkpoint.path)
      } else {
        reporter.note("there is no checkpoint in \(folder.path): the run begins again")
      }
      saved = position.step
      resumption = MetricsLog.Resumption(step: position.step, position: position.logged)
    }
    log =
      try settings.ranks.rank > 0 ? nil : folder.map { try MetricsLog(in: $0, from: resumption, note: reporter.note) }
    began = WallClock.seconds() - position.elapsed
    line = (position.step, position.seconds, position.samples)
    sums = LossSums(position.sums)
    try subject.source.seek(position.batches, state: position.source)
    reporter.begin(at: position.step, of: settings.totalSteps)
  }

  /// Makes up for an evaluation that was interrupted when the run ended the last time.
  func payDebt() throws {
    guard position.owesEvaluation else { return }
    try evaluate()
    saved = -1
    if isBest { try save() }
  }

  /// Does what is due behind an update.
  func record(_ update: Update<Subject>.Outcome, _ due: LoopSettings.Due) throws {
    sums.add(update.losses)
    let isStopping = settings.ranks.isInterrupted && !due.isLast
    if due.isLogged || due.isSaved || isStopping {
      // Read though it may not be logged: no checkpoint replaces a good one with weights that are no numbers.
      let record = try trainingRecord(update)
      if due.isLogged {
        try log?.append(record)
        line = (position.step, position.seconds, position.samples)
        sums.clear()
        reporter.trained(record)
      }
    }
    reporter.updated(to: position.step)
    if due.isEvaluated { try evaluate() }
    if due.isSaved || due.isEvaluated && isBest { try save() }
    if isStopping { throw try interruption() }
  }

  /// Ends the run where a signal broke an update off: what stood before it is saved.
  func breakOff() throws -> Interruption { try interruption(source: position.source) }

  /// Ends the run: the last evaluation and how long it took.
  func close() throws -> Evaluation {
    reporter.end()
    if isOver, position.step < settings.totalSteps {
      let found = position.best.map { "were no better than that of step \($0.step)" } ?? "found no number to go by"
      reporter.note(
        "ended at step \(position.step) of \(settings.totalSteps): \(position.sinceBest) evaluations \(found) (patience)"
      )
    }
    let result = try final ?? subject.evaluate()
    if saved != position.step { try save() }
    position.elapsed = max(position.elapsed, WallClock.seconds() - began)
    return result
  }

  /// Writes a checkpoint; `source` is the data's state there, if it is not that of now.
  private func save(source: JSON? = nil) throws {
    guard let folder else { return }
    try checkWeights()
    try subject.source.checkSkipped()
    position.elapsed = WallClock.seconds() - began
    if settings.trims { Processor.trimMemory() }
    try log?.sync()
    (position.logged, position.source) = (log?.position ?? 0, source ?? subject.source.state)
    position.sums = sums.values
    saved = position.step
    let states = RankStates.all(position.source, settings.ranks)
    guard settings.ranks.rank == 0 else { return }
    var whole = position
    whole.source = states
    try Checkpoint.write(
      whole, of: folder, keep: settings.keep, keepingBest: settings.keepsBest, parts: parts, subject.published,
      model: subject.write(to:))
  }

  /// Throws where a rank's weights are no longer those of the others: processors that round differently, or a fault.
  private func checkWeights() throws {
    guard !settings.ranks.isAlone else { return }
    let sum = subject.parameters.arena.host().withBytes { Checksum.crc32($0) }
    let all = settings.ranks.gather([sum])
    guard let strange = all.firstIndex(where: { $0 != all[0] }) else { return }
    throw InputError(
      "the weights of rank \(strange) are not those of rank 0 any more", at: "step \(position.step)",
      cure:
        "let all compute alike, on processors of one kind with as many threads each, and resume from the last checkpoint"
    )
  }

  /// What ends the run once everything is saved.
  private func interruption(source: JSON? = nil) throws -> Interruption {
    if saved != position.step { try save(source: source) }
    reporter.end()
    return Interruption(cure: folder.map { "\(position.step) steps are saved in \($0.path)." } ?? "", run: folder?.path)
  }

  /// An evaluation that a signal ends is owed by the checkpoint: the resumed run begins with it.
  private func evaluate() throws {
    do {
      if settings.trims { Processor.trimMemory() }
      let evaluation = try subject.evaluate()
      position.owesEvaluation = false
      final = evaluation
      try log?.append(MetricsRecord(evaluation, step: position.step, epoch: settings.epoch(at: position.step)))
      try remember(evaluation)
      if !evaluation.isEmpty { reporter.evaluated(evaluation, at: position.step) }
    } catch is Interruption {
      position.owesEvaluation = true
      saved = -1
      throw try interruption()
    }
  }

  private func remember(_ evaluation: Evaluation) throws {
    let values = settings.bestMetrics.lazy.compactMap { name in evaluation.metrics.first { $0.name == name }?.value }
    guard let value = values.first else {
      guard settings.keepsBest || settings.patience > 0 else { return }
      throw InputError(
        "the evaluation has none of the metrics by which the best is told",
        at: settings.bestMetrics.joined(separator: ", "),
        cure: "evaluate on data that give one of them, or leave --keep-best and --patience out")
    }
    position.sinceBest += 1
    // What is no number (a correlation of constant predictions) is never the best: nothing would be better than it.
    guard value.isFinite, position.best.map({ value > $0.value }) ?? true else { return }
    position.sinceBest = 0
    position.best = Checkpoint.Position.Best(
      step: position.step, metrics: Dictionary(evaluation.metrics.map { ($0.name, $0.value) }) { $1 }, value: value)
  }

  /// The means of an update; an error where they, or the gradient, are no numbers any more.
  private func trainingRecord(_ update: Update<Subject>.Outcome) throws -> MetricsRecord {
    let first = update.losses[0].losses
    let main = update.losses.reduce(0) { $0 + $1.losses.main.item * $1.share }
    let sub = first.sub.map { _ in update.losses.reduce(0) { $0 + ($1.losses.sub?.item ?? 0) * $1.share } }
    let loss = first.total(main: main, sub: sub)
    let norm = update.norm?.item
    guard loss.isFinite, norm?.isFinite ?? true else {
      throw InputError(
        "the loss or its gradient is no longer finite",
        at: line.step + 1 == position.step ? "step \(position.step)" : "steps \(line.step + 1) to \(position.step)",
        cure: "lower the learning rate, or look for broken samples")
    }
    var record = MetricsRecord(step: position.step, epoch: settings.epoch(at: position.step), split: .train)
    (record.loss, record.lossMain, record.lossSub) = (Float(loss), Float(main), sub.map { Float($0) })
    (record.learningRate, record.gradNorm) = (Float(update.rate), norm.map { Float($0) })
    record.samplesPerSecond = Double(position.samples - line.samples) / max(1e-9, position.seconds - line.seconds)
    (record.gradNormMain, record.gradNormSub) = (
      update.branches?.main.map { Float($0) }, update.branches?.sub.map { Float($0) }
    )
    let means = sums.means
    (record.lossMainMean, record.lossSubMean) = (means.main.map { Float($0) }, means.sub.map { Float($0) })
    record.lossMean = means.main.map { Float(first.total(main: $0, sub: means.sub)) }
    return record
  }
}
