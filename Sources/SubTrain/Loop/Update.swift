import SubCore
import SubNN

/// One update of the weights: the gradients of its batches, their norm, clipping, the optimizer's step.
struct Update<Subject: Trainable> {
  /// What an update leaves for the log.
  struct Outcome {
    /// The losses of its parts, on the device, and each one's share of the update.
    let losses: [(losses: StepLosses, share: Double)]
    /// The norm of the whole gradient before clipping, where it was measured, on the device.
    let norm: Tensor?
    /// The norms of the branches' own gradients, where they were measured.
    let branches: BranchNorms?
    /// The learning rate.
    let rate: Double
  }

  private let subject: Subject
  private let method: any Method
  private let optimizer: any Optimizer
  private let schedule: (_ step: Int) -> Double
  private let settings: LoopSettings
  private let gradients: Gradients
  private let root: RandomKey
  /// Batches of an epoch.
  private let perEpoch: Int

  init(
    _ subject: Subject, _ method: any Method, _ optimizer: any Optimizer, _ schedule: @escaping (_ step: Int) -> Double,
    _ settings: LoopSettings
  ) {
    (self.subject, self.method, self.optimizer) = (subject, method, optimizer)
    (self.schedule, self.settings) = (schedule, settings)
    gradients = Gradients(subject.parameters)
    root = RandomKey(seed: settings.seed).fold("step")
    perEpoch = max(1, subject.source.batchesPerEpoch)
  }

  /// Makes the update that follows `position`, and moves the position on. A signal between its batches, or
  /// the parts of one, throws an `Interruption`, and all is as it was before the first: an update of many can take minutes.
  /// What is measured besides changes no bit of it, and its time does not count as training.
  func callAsFunction(
    _ position: inout Checkpoint.Position, measuringNorm: Bool, measuringBranches: Bool
  ) throws -> Outcome {
    let started = WallClock.seconds()
    let key = root.fold(position.step)
    // An epoch's last update takes the batches that are left of it, as transformers' Trainer does.
    let count = min(settings.accumulation, perEpoch - position.batches % perEpoch)
    let former = count > 1 || settings.parts > 1 ? former(position) : nil
    func heedSignals() throws {
      guard Interruption.isRequested, let former else { return }
      position = restore(former)
      throw Interruption()
    }
    func next(_ number: Int) throws -> (batch: Subject.Task.Batch, pass: Pass) {
      let batch = try subject.source.next()
      subject.parameters.arena.device.note(batchSize: batch.count)
      position.batches += 1
      position.samples += batch.count
      let statistics: BatchNormStatistics? = settings.subStatistics ? nil : .batch(updating: false)
      var pass = Pass(isTraining: true, key: key.fold(number), branchStatistics: statistics)
      pass.recomputes = settings.recomputes
      return (batch, pass)
    }
    let parts = max(1, settings.parts)
    var ahead: [(batch: Subject.Task.Batch, pass: Pass)] = []
    var (branches, measuring): (BranchNorms?, Double) = (nil, 0)
    if measuringBranches {
      ahead = try (0..<count).map(next)
      let began = WallClock.seconds()
      branches = BranchNorms(of: method, subject.task, ahead, parts: parts, in: gradients)
      measuring = WallClock.seconds() - began
    }
    let losses = try (0..<count).flatMap { number in
      if number > 0 { try heedSignals() }
      let (batch, pass) = try measuringBranches ? ahead[number] : next(number)
      return try method.inParts(
        parts, subject.task, batch, into: gradients, pass: pass, scale: 1 / Double(count), between: heedSignals)
    }
    let norm = measuringNorm || settings.clipNorm != nil ? gradients.norm() : nil
    let rate = schedule(position.step)
    let factor = norm.flatMap { Gradients.clipFactor(norm: $0, limit: settings.clipNorm) }
    optimizer.step(gradients, lr: rate, factor: factor)
    subject.afterUpdate()
    position.step += 1
    // What is about to be logged is over before the clock is read.
    if measuringNorm { subject.parameters.arena.device.synchronize() }
    position.seconds += WallClock.seconds() - started - measuring
    return Outcome(losses: losses, norm: norm, branches: branches, rate: rate)
  }

  /// What the batches of an update change before its end: where the run stands, and buffers (running statistics).
  private typealias Former = (position: Checkpoint.Position, buffers: [HostArray])

  private func former(_ position: Checkpoint.Position) -> Former {
    var position = position
    position.source = subject.source.state
    return (position, subject.parameters.buffers.map { $0.value.host() })
  }

  private func restore(_ former: Former) -> Checkpoint.Position {
    gradients.clear()
    for (buffer, array) in zip(subject.parameters.buffers, former.buffers) { buffer.value.write(array) }
    return former.position
  }
}
