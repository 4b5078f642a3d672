import SubCore
import SubNN
import SubTrain

/// Points in four dimensions, of three classes.
struct Points: TrainingBatch {
  let values: Tensor  // [N, 4]
  let labels: Target
  /// The number of the first one in a larger batch.
  var first = 0
  var count: Int { values.shape[0] }

  func part(_ range: Range<Int>) -> Points? {
    Points(values: values.samples(range), labels: labels.rows(range), first: first + range.lowerBound)
  }
}

/// A linear classifier of points, as a modality would tell the method and the loop: a masked trip does not see some of
/// their coordinates, and what is dropped is dropped in front of the layer.
final class PointTask: TrainingTask {
  let layer = Linear(4, 3, weights: .normal(deviation: 0.5))
  private let objective = Loss.crossEntropy

  func forward(_ batch: Points, _ shared: Void, _ pass: Pass) -> Tensor {
    var pass = pass
    pass.firstSample = batch.first
    var values = batch.values.dropped(pass.branchDropout(0, site: 0))
    let samples = Segments(count: batch.count, length: 1, on: values.device)
    if let path = pass.dropPath(0, depth: 1, site: 1, samples: samples) {
      values = values.dropped(Dropout(path.rate, path.key))
    }
    if let masking = pass.masking {
      let hides = masking.masked(rows: batch.count, count: 4, first: batch.first, pass.key)
      let seen = zip(values.floats(), hides).map { $1 ? 0 : $0 }
      values = Tensor(HostArray(seen, shape: [batch.count, 4]), on: values.device)
    }
    return layer(values)
  }

  func loss(_ output: Tensor, _ batch: Points) -> Tensor { objective(output, batch.labels) }
  func softTarget(of output: Tensor) -> Target { objective.softTarget(of: output) }
  func loss(_ output: Tensor, mimicking target: Target) -> Tensor { objective(output, mimicking: target) }
}

/// What a program of one's own has to write for the trainer.
final class PointClasses: Trainable {
  let task = PointTask()
  let parameters: ParameterSet
  let source: ShuffledBatches<Points>

  private let evaluation: (_ number: Int) throws -> Evaluation
  private var evaluations = 0

  init(
    seed: Int = 1, evaluation: @escaping (_ number: Int) throws -> Evaluation = { _ in Evaluation() },
    taking: @escaping (_ batch: Int) -> Void = { _ in }
  ) {
    self.evaluation = evaluation
    var taken = 0
    let key = RandomKey(seed: 7)
    parameters = ParameterSet(task.layer.namedParameters(), on: .cpu, key: RandomKey(seed: seed))
    source = ShuffledBatches(count: 22, batchSize: 4, seed: seed) { samples in
      taken += 1
      taking(taken)
      let values = samples.flatMap { sample in (0..<4).map { Float(key.normal(at: sample * 4 + $0)) } }
      return Points(
        values: Tensor(HostArray(values, shape: [samples.count, 4]), on: .cpu),
        labels: .labels(Tensor(indices: samples.map { $0 % 3 }, on: .cpu), smoothing: 0))
    }
  }

  func evaluate() throws -> Evaluation {
    evaluations += 1
    return try evaluation(evaluations)
  }

  var weights: [Float] { parameters.arena.floats() }

  func trainer(
    _ method: some Method = MaskSub(ratio: 0.5), steps: Int = 10, in folder: RunFolder? = nil,
    reporter: any Reporter = SilentReporter(), lr: Double = 0.05, _ change: (inout LoopSettings) -> Void = { _ in }
  ) -> Trainer<PointClasses> {
    var settings = LoopSettings(totalSteps: steps, stepsPerEpoch: source.batchesPerEpoch, seed: 3)
    (settings.logEvery, settings.evaluateEvery, settings.saveEvery) = (1, 4, 3)
    change(&settings)
    let optimizer = AdamW(parameters, groups: ParameterGroups(parameters) { _ in ParameterRates(weightDecay: 0) })
    return Trainer(
      self, method: method, optimizer: optimizer, schedule: { _ in lr }, settings: settings, in: folder,
      reporter: reporter)
  }
}
