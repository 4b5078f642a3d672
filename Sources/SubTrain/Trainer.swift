public import SubCore
import SubData
public import SubNN

/// The only loop: take batches, run the method, clip, update, log, evaluate, save. It knows no modality.
public final class Trainer<Task: TrainingTask, Source: BatchSource> where Task.Batch == Source.Batch {
  private let task: Task
  private let source: Source
  private let set: ParameterSet
  private let method: MaskSub
  private let optimizer: any Optimizer
  private let parts: [(name: String, part: any Checkpointed)]
  private let schedule: (_ step: Int) -> Double
  private let settings: LoopSettings
  private let run: RunFolder
  private let console: Console

  /// Evaluates the model as it stands.
  public var evaluate: () throws -> Evaluation = { Evaluation() }
  /// Writes weights, and what belongs to them, into a checkpoint's folder.
  public var writeModel: (_ folder: String) throws -> Void = { _ in }
  /// Puts the weights of a checkpoint's folder back.
  public var readModel: (_ folder: String) throws -> Void = { _ in }
  /// Runs after every update: averages, clamps.
  public var afterUpdate: () -> Void = {}
  /// Says how to go on after an interruption.
  public var resumeHint = ""

  /// A loop over a task. `parts` are what a checkpoint holds besides weights and optimizer.
  public init(
    _ task: Task, _ source: Source, _ set: ParameterSet, method: MaskSub, optimizer: any Optimizer,
    parts: [(name: String, part: any Checkpointed)] = [], schedule: @escaping (_ step: Int) -> Double,
    settings: LoopSettings, run: RunFolder, console: Console
  ) {
    (self.task, self.source, self.set, self.method) = (task, source, set, method)
    (self.optimizer, self.schedule, self.settings) = (optimizer, schedule, settings)
    (self.run, self.console) = (run, console)
    self.parts = [("optimizer", optimizer)] + parts
  }

  /// Trains to the end, or goes on from the newest checkpoint and then to the end.
  public func train(resuming: Bool) throws -> (final: Evaluation, position: Checkpoint.Position) {
    var position = Checkpoint.Position()
    if resuming, let checkpoint = try Checkpoint.newest(of: run) {
      position = try checkpoint.restore(parts)
      try readModel(checkpoint.path)
    }
    let log = try MetricsLog(
      in: run, from: resuming ? MetricsLog.Resumption(step: position.step, position: position.logged) : nil)
    try source.seek(position.batches, state: position.source)
    let progress = Progress("train", total: settings.totalSteps, first: position.step, console: console)
    let gradients = Gradients(set)
    let separate = settings.analyze && method.method.hasSubBranch ? Gradients(set) : nil
    let root = RandomKey(seed: settings.seed).fold("step")
    var window = Window(position)
    var saved = resuming ? position.step : -1
    var final: Evaluation?
    let began = WallClock.seconds() - position.elapsed

    func write() throws {
      position.elapsed = WallClock.seconds() - began
      (position.logged, position.source) = (log.position, source.state)
      try Checkpoint.write(position, of: run, keep: settings.keep, parts: parts, model: writeModel)
      saved = position.step
    }
    func interruption() -> Interruption {
      progress.finish()
      return Interruption(cure: "\(position.step) steps are saved in \(run.path). \(resumeHint)")
    }
    /// An evaluation that a signal ends is owed by the checkpoint: the resumed run begins with it.
    func evaluateNow() throws {
      do {
        let evaluation = try evaluate()
        position.owesEvaluation = false
        final = evaluation
        try log.append(record(position, evaluation))
        remember(evaluation, in: &position)
        if !evaluation.metrics.isEmpty || evaluation.loss != nil { progress.note(line(position, evaluation)) }
      } catch is Interruption {
        position.owesEvaluation = true
        try write()
        throw interruption()
      }
    }

    if position.owesEvaluation {
      try evaluateNow()
      saved = -1
    }
    while position.step < settings.totalSteps {
      let started = WallClock.seconds()
      let isLast = position.step + 1 == settings.totalSteps
      let isLogged = isLast || isDue(position.step + 1, settings.logEvery)
      let isSaved = isLast || isDue(position.step + 1, settings.saveEvery)
      var losses: [StepLosses] = []
      for part in 0..<settings.accumulation {
        let batch = try source.next()
        position.batches += 1
        position.samples += source.sampleCount(batch)
        let pass = Pass(isTraining: true, key: root.fold(position.step).fold(part))
        // The branches' own norms are those of an update's first batch: later ones find its gradients there already.
        losses.append(
          method(
            task, batch, into: gradients, pass: pass, scale: 1 / Double(settings.accumulation),
            separate: part == 0 ? separate : nil
          ).losses)
      }
      let norm = isLogged || isSaved || settings.clipNorm != nil ? gradients.norm() : nil
      let lr = schedule(position.step)
      optimizer.step(
        gradients, lr: lr, scale: norm.map { Gradients.clipFactor(norm: $0, limit: settings.clipNorm) } ?? 1)
      afterUpdate()
      position.step += 1
      position.seconds += WallClock.seconds() - started

      let isStopping = Interruption.isRequested && !isLast
      // No checkpoint replaces a good one with weights that are no numbers.
      let reading = try isLogged || isSaved || isStopping ? reading(position, losses, norm: norm, window) : nil
      if isLogged, let reading {
        let record = record(position, losses, reading, norm: norm, lr: lr, window: &window)
        try log.append(record)
        progress.update(
          step: position.step,
          Progress.Reading(
            lossMain: record.lossMain, lossSub: record.lossSub, samplesPerSecond: record.samplesPerSecond))
      } else {
        progress.update(step: position.step)
      }
      if isLast || isDue(position.step, settings.evaluateEvery) { try evaluateNow() }
      if isSaved { try write() }
      if isStopping {
        if saved != position.step { try write() }
        throw interruption()
      }
    }
    progress.finish()
    let result = try final ?? evaluate()
    if saved != position.step { try write() }
    position.elapsed = max(position.elapsed, WallClock.seconds() - began)
    return (result, position)
  }

  private func isDue(_ step: Int, _ interval: Int) -> Bool { interval > 0 && step % interval == 0 }

  private func remember(_ evaluation: Evaluation, in position: inout Checkpoint.Position) {
    guard let value = evaluation.metrics.first(where: { $0.name == settings.bestMetric })?.value else { return }
    if let best = position.best, best.value >= value || value.isNaN { return }
    position.best = Checkpoint.Position.Best(
      step: position.step, metrics: Dictionary(evaluation.metrics.map { ($0.name, $0.value) }) { $1 }, value: value)
  }
}

/// Where the current line of the log began.
private struct Window {
  var step: Int
  var seconds: Double
  var samples: Int

  init(_ position: Checkpoint.Position) {
    (step, seconds, samples) = (position.step, position.seconds, position.samples)
  }
}

// What is logged.
extension Trainer {
  private func epoch(_ step: Int) -> Double { Double(step) / Double(settings.stepsPerEpoch) }

  /// The mean losses of an update; an error where they, or the gradient, are no numbers any more.
  private func reading(
    _ position: Checkpoint.Position, _ losses: [StepLosses], norm: Double?, _ window: Window
  ) throws -> (main: Double, sub: Double?, loss: Double) {
    let mean = { (values: [Double]) in values.isEmpty ? nil : values.reduce(0, +) / Double(values.count) }
    let main = mean(losses.map(\.main.item)) ?? 0
    let sub = mean(losses.compactMap { $0.sub?.item })
    let loss = sub.map { main * (1 - method.subWeight) + $0 * method.subWeight } ?? main
    guard loss.isFinite, norm?.isFinite ?? true else {
      throw InputError(
        "the loss or its gradient is no longer finite", at: "between step \(window.step + 1) and step \(position.step)",
        cure: "lower the learning rate, or look for broken samples")
    }
    return (main, sub, loss)
  }

  private func record(
    _ position: Checkpoint.Position, _ losses: [StepLosses], _ reading: (main: Double, sub: Double?, loss: Double),
    norm: Double?, lr: Double, window: inout Window
  ) -> MetricsRecord {
    var record = MetricsRecord(step: position.step, epoch: epoch(position.step), split: .train)
    record.loss = Float(reading.loss)
    record.lossMain = Float(reading.main)
    record.lossSub = reading.sub.map { Float($0) }
    record.learningRate = Float(lr)
    record.gradNorm = norm.map { Float($0) }
    record.samplesPerSecond =
      Double(position.samples - window.samples) / max(1e-9, position.seconds - window.seconds)
    record.gradNormMain = losses.first?.mainNorm.map { Float($0 * Double(settings.accumulation)) }
    record.gradNormSub = losses.first?.subNorm.map { Float($0 * Double(settings.accumulation)) }
    window = Window(position)
    return record
  }

  private func record(_ position: Checkpoint.Position, _ evaluation: Evaluation) -> MetricsRecord {
    var record = MetricsRecord(step: position.step, epoch: epoch(position.step), split: .eval)
    record.loss = evaluation.loss.map { Float($0) }
    record.lossMain = record.loss
    record.lossSub = evaluation.maskedLoss.map { Float($0) }
    record.metrics = evaluation.metrics
    return record
  }

  private func line(_ position: Checkpoint.Position, _ evaluation: Evaluation) -> String {
    let metrics = evaluation.metrics.map { "\($0.name) \($0.value.fixed(4))" }
    return "step \(position.step)/\(settings.totalSteps), evaluation: "
      + (metrics + (evaluation.loss.map { ["loss \($0.fixed(4))"] } ?? [])).joined(separator: ", ")
  }
}
