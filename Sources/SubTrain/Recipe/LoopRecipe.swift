public import SubNN

/// What every recipe that trains has for the loop.
public protocol LoopRecipe: Recipe {
  /// Batches whose gradients make one update.
  var accumulation: Int { get }
  /// The global gradient norm to clip to; 0: none.
  var clipNorm: Double { get }
  /// Updates between two lines of the log.
  var logEvery: Int { get }
  /// Updates between two checkpoints; 0: every epoch.
  var saveEvery: Int { get }
  /// Updates between two evaluations; 0: every epoch.
  var evaluateEvery: Int { get }
}

extension LoopSettings {
  /// The loop of a recipe.
  public init(_ recipe: some LoopRecipe, totalSteps: Int, stepsPerEpoch: Int, seed: Int) {
    self.init(totalSteps: totalSteps, stepsPerEpoch: stepsPerEpoch, seed: seed)
    accumulation = recipe.accumulation
    clipNorm = recipe.clipNorm > 0 ? recipe.clipNorm : nil
    logEvery = max(1, recipe.logEvery)
    if recipe.saveEvery > 0 { saveEvery = recipe.saveEvery }
    if recipe.evaluateEvery > 0 { evaluateEvery = recipe.evaluateEvery }
  }
}

extension LoopRecipe {
  /// None: a contrastive batch is never split into losses of its own.
  public var accumulation: Int { 1 }
}

extension MomentOptimizer.Settings {
  /// Throws a usage error where a recipe's `adam` cannot make an update.
  public func check(for recipe: some Recipe) throws {
    for (key, value) in [("adam.beta1", beta1), ("adam.beta2", beta2)] {
      try recipe.require((0..<1).contains(value), key, value, "a number from 0 to below 1")
    }
    try recipe.require(epsilon > 0, "adam.epsilon", epsilon, "a number above 0")
  }
}
