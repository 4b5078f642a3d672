import SubCore
import SubNN
import SubTrain

/// A recipe's network and step without its data: what `plan` counts and times.
struct PlannedTraining {
  /// The network, and what is taken for the data, in words.
  let title: String
  /// Weights that are trained.
  let weights: Int
  /// Samples of an epoch, and epochs.
  let samples: Int
  let epochs: Double
  /// Samples that an update passes through the network, copies included.
  let batch: Int
  /// Updates of the whole run, and those between two lines of its log.
  let updates, logEvery: Int
  /// From what the methods' ratios follow, and how hidden patches are chosen.
  let basis: RatioBasis
  let selection: Masking.Selection
  /// Counts what a step takes of operations and memory.
  let count: (any Method) throws -> StepMemory?
  /// A forward and backward step of some samples, for the clock.
  let step: (any Method, Int) -> () -> Void

  /// Training of a network by a recipe that sees every sample of a batch in so many copies; `batches` are those that the run's
  /// source makes of an epoch's samples; `makeBatch` makes so many samples of the usual size.
  init<Task: TrainingTask>(
    _ title: String, _ task: Task, _ parameters: ParameterSet, by recipe: some Recipe, samples: Int, batches: Int,
    dropPath: Double = 0, copies: Int = 1,
    makeBatch: @escaping (Int) -> Task.Batch
  ) {
    (self.title, self.samples, weights) = (title, samples, parameters.arena.count)
    (batch, logEvery) = (recipe.samplesPerUpdate * copies, recipe.loop.logEvery)
    let perEpoch = max(1, recipe.updatesPerEpoch(of: batches))
    updates = recipe.updates(stepsPerEpoch: perEpoch)
    epochs = Double(updates) / Double(perEpoch)
    (basis, selection) = (RatioBasis(recipe.method, dropPath: dropPath), recipe.method.masking)
    count = { method in
      let source = ShuffledBatches<Task.Batch>(
        count: recipe.samplesPerUpdate, batchSize: recipe.loop.batchSize, seed: 0,
        example: { count, _ in makeBatch(count) }, make: { makeBatch($0.count) })
      func memory(_ method: some Method) throws -> StepMemory? {
        try StepMemory(of: Training(task, parameters, source), method, recomputes: recipe.loop.recompute)
      }
      return try memory(method)
    }
    step = { method, count in
      let (batch, gradients) = (makeBatch(count), Gradients(parameters))
      func run(_ method: some Method) {
        _ = method(task, batch, into: gradients, pass: Pass(isTraining: true, key: RandomKey(seed: 0)))
        gradients.clear()
        parameters.arena.device.synchronize()
      }
      return { run(method) }
    }
  }
}

extension PlannedTraining {
  /// Seconds that a forward and backward step of some samples takes here, the best of some.
  func seconds(of method: any Method, samples: Int) throws -> Double {
    let step = step(method, samples)
    var best = Double.infinity
    try Interruption.endingAtOnce(step)
    // Short steps are timed more often: one alone says little.
    let begun = WallClock.seconds()
    repeat {
      let start = WallClock.seconds()
      try Interruption.endingAtOnce(step)
      best = min(best, WallClock.seconds() - start)
    } while WallClock.seconds() - begun < 1
    return best
  }
}
