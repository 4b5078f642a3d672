import SubCore
import SubNN

/// One update of the weights: the gradients of its batches, their norm, clipping, the optimizer's step.
struct Update<Subject: Trainable> {
  /// What an update leaves for the log.
  struct Outcome {
    /// The losses of its parts, or of all ranks together, on the device, and each one's share of the update.
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
  /// Whether sums over ranks begin while the backward pass runs, and from which former update it is known when they may.
  private let isEarly: Bool
  private var touches: Gradients.Touches?

  init(
    _ subject: Subject, _ method: any Method, _ optimizer: any Optimizer, _ schedule: @escaping (_ step: Int) -> Double,
    _ settings: LoopSettings
  ) {
    (self.subject, self.method, self.optimizer) = (subject, method, optimizer)
    (self.schedule, self.settings) = (schedule, settings)
    gradients = Gradients(subject.parameters)
    root = RandomKey(seed: settings.seed).fold("step")
    perEpoch = max(1, subject.source.batchesPerEpoch)
    isEarly = GradientOverlap.isEarly(settings, subject)
  }

  private var ranks: any Communicator { settings.ranks }

  /// A batch of an update, of which each rank has its rows.
  struct Portion {
    /// The rank's rows.
    let batch: Subject.Task.Batch
    /// Their trip.
    let pass: Pass
    /// What they are of all ranks' rows.
    let share: Double
  }

  /// Makes the update that follows `position`, and moves the position on. A signal between its batches, or
  /// the parts of one, throws an `Interruption`, and all is as it was before the first: an update of many can take minutes.
  /// What is measured besides changes no bit of it, and its time does not count as training.
  mutating func callAsFunction(
    _ position: inout Checkpoint.Position, measuringNorm: Bool, measuringBranches: Bool
  ) throws -> Outcome {
    let started = WallClock.seconds()
    let key = root.fold(position.step)
    // What the update before left, and its log: from here on updates are alike.
    subject.parameters.arena.device.submit()
    // An epoch's last update takes the batches that are left of it, as transformers' Trainer does.
    let count = min(settings.accumulation, perEpoch - position.batches % perEpoch)
    let former = count > 1 || settings.parts > 1 ? former(position) : nil
    func heedSignals() throws {
      guard let former, ranks.isInterrupted else { return }
      position = restore(former)
      throw Interruption()
    }
    var fewest = Int.max
    func next(_ number: Int) throws -> Portion {
      let batch = try subject.source.next()
      subject.parameters.arena.device.note(batchSize: batch.count)
      let whole = ranks.sum(batch.count)
      fewest = min(fewest, whole / ranks.count)
      position.batches += 1
      position.samples += whole
      let statistics: BatchNormStatistics? = settings.subStatistics ? nil : .batch(updating: false)
      var pass = Pass(isTraining: true, key: key.fold(number), branchStatistics: statistics)
      pass.recomputes = settings.recomputes
      if settings.syncBatchNorm { pass.statisticsRanks = ranks }
      return Portion(batch: batch, pass: pass, share: Double(batch.count) / Double(whole))
    }
    let parts = max(1, settings.parts)
    var ahead: [Portion] = []
    var (branches, measuring): (BranchNorms?, Double) = (nil, 0)
    if measuringBranches {
      ahead = try (0..<count).map(next)
      let began = WallClock.seconds()
      branches = BranchNorms(
        of: method, subject.task, ahead.map { ($0.batch, $0.pass, $0.share) }, parts: parts, in: gradients, over: ranks)
      measuring = WallClock.seconds() - began
    }
    let losses = try (0..<count).flatMap { number in
      if number > 0 { try heedSignals() }
      let portion = try measuringBranches ? ahead[number] : next(number)
      if isEarly, let touches { gradients.beginSums(over: ranks, after: touches) }
      var heeded = 1
      // Of a short batch a rank may have no rows at all.
      let losses =
        portion.batch.count == 0
        ? []
        : try method.inParts(
          parts, subject.task, portion.batch, into: gradients, pass: portion.pass,
          scale: portion.share / Double(count)
        ) {
          heeded += 1
          try heedSignals()
        }
      // All ranks ask equally often, however many parts theirs are.
      if !ranks.isAlone { for _ in heeded..<max(heeded, parts) { try heedSignals() } }
      return losses
    }
    let touched = gradients.sum(over: ranks)
    // Of a short batch a rank may have had no rows.
    if isEarly, fewest > 0 { touches = touched }
    let norm = measuringNorm || settings.clipNorm != nil ? gradients.norm() : nil
    // Its last bits are a matter of threads.
    norm.map { ranks.broadcast($0) }
    let rate = schedule(position.step)
    let factor = norm.flatMap { Gradients.clipFactor(norm: $0, limit: settings.clipNorm) }
    optimizer.step(gradients, lr: rate, factor: factor)
    // Batch-norm goes by a rank's own rows; its running statistics are the mean of all ranks'.
    ranks.average(subject.parameters.buffers.map(\.value))
    subject.afterUpdate()
    position.step += 1
    // What is about to be logged is over before the clock is read.
    if measuringNorm { subject.parameters.arena.device.synchronize() }
    position.seconds += WallClock.seconds() - started - measuring
    return Outcome(losses: together(losses), norm: norm, branches: branches, rate: rate)
  }

  /// The losses of all ranks as one: the same numbers in all of them.
  private func together(
    _ losses: [(losses: StepLosses, share: Double)]
  ) -> [(losses: StepLosses, share: Double)] {
    guard !ranks.isAlone else { return losses }
    // Rank 0 always has rows, and by which weights a method adds its losses is the same everywhere.
    let own = losses.first?.losses
    var weights = [own?.mainWeight ?? 0, own?.subWeight ?? 0, own?.sub == nil ? 0 : 1]
    weights.withUnsafeMutableBytes { ranks.broadcast($0) }
    let sums = ranks.sum([
      losses.reduce(0) { $0 + $1.losses.main.item * $1.share },
      losses.reduce(0) { $0 + ($1.losses.sub?.item ?? 0) * $1.share },
    ])
    let device = subject.parameters.arena.device
    let (main, sub) = (Tensor([sums[0]], [], on: device), Tensor([sums[1]], [], on: device))
    return [(StepLosses(main: main, weights[0], sub: weights[2] > 0 ? sub : nil, weights[1]), 1)]
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
