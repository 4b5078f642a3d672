/// `loop.*`: batches, and how often something happens.
public struct LoopFields: FieldGroup {
  /// Samples of a batch.
  public var batchSize = 64
  /// In how many parts the batch of an update passes through the network; 0: as few as memory allows.
  public var accumulation = 0
  /// Whether blocks compute again on the way back what they would else keep.
  public var recompute = false
  /// Whether batch-norm goes by the samples of all ranks, not by each rank's own.
  public var syncBn = false
  /// When the sums of gradients over ranks begin.
  public var overlap = GradientOverlap.auto
  /// Updates after which the run ends; 0: all epochs.
  public var maxSteps = 0
  /// The decay of the average of weights that is evaluated; 0: none.
  public var emaDecay = 0.0
  /// Samples of a batch in evaluation.
  public var evalBatchSize = 64
  /// Updates between two lines of the log.
  public var logEvery = 10
  /// Updates between checkpoints; 0: every epoch.
  public var saveEvery = 0
  /// Updates between evaluations; 0: every epoch.
  public var evaluateEvery = 0
  /// Evaluations without a better one after which the run ends; 0: it goes on.
  public var patience = 0

  /// Batches of 64.
  public init() {}

  private static let own = "this project"

  public static let fields: [Field<Self>] = [
    Field("batch_size", \.batchSize, 1...1 << 20, "samples of a batch"),
    Field(
      "accumulation", \.accumulation, 0...1 << 16,
      "in how many parts the batch of an update passes through the network, one after the other: the same gradients with "
        + "less memory; 0: as few as memory allows", source: own, mayChange: true),
    Field(
      "recompute", \.recompute,
      "whether blocks compute again on the way back what they would else keep: the same bits with less memory, for a third "
        + "more work", source: own, mayChange: true),
    Field(
      "sync_bn", \.syncBn,
      "whether batch-norm goes by the samples of all ranks, as timm's --sync-bn, not by each rank's own", source: own),
    Field(
      "overlap", \.overlap,
      "whether sums of gradients over ranks begin while the backward pass runs: the same bits; auto: where ranks are on "
        + "several machines", source: own, mayChange: true),
    Field(
      "max_steps", \.maxSteps, 0...1 << 40, "updates after which the run ends; 0: all epochs", source: own,
      mayChange: true),
    Field("ema_decay", \.emaDecay, .fraction, "the decay of the average of weights that is evaluated; 0: no average"),
    Field(
      "eval_batch_size", \.evalBatchSize, 1...1 << 20, "samples at once in evaluation; no influence on metrics",
      source: own, mayChange: true),
    Field("log_every", \.logEvery, 1...1 << 24, "updates between two lines of the log", source: own, mayChange: true),
    Field(
      "save_every", \.saveEvery, 0...1 << 24, "updates between checkpoints; 0: every epoch", source: own,
      mayChange: true),
    Field(
      "evaluate_every", \.evaluateEvery, 0...1 << 24, "updates between evaluations; 0: every epoch", source: own,
      mayChange: true),
    Field(
      "patience", \.patience, 0...1 << 24, "evaluations without a better one after which the run ends; 0: it goes on",
      source: own, mayChange: true),
  ]
}

extension LoopSettings {
  /// The loop of a recipe.
  public init(_ recipe: some Recipe, stepsPerEpoch: Int, seed: Int) {
    self.init(
      totalSteps: recipe.updates(stepsPerEpoch: stepsPerEpoch), stepsPerEpoch: stepsPerEpoch, seed: seed)
    (accumulation, parts, recomputes) = (recipe.batchesPerUpdate, recipe.parts, recipe.loop.recompute)
    clipNorm = recipe.optimizer.clipNorm > 0 ? recipe.optimizer.clipNorm : nil
    subStatistics = recipe.method.subStatistics
    (syncBatchNorm, overlap) = (recipe.loop.syncBn, recipe.loop.overlap)
    (logEvery, patience) = (recipe.loop.logEvery, recipe.loop.patience)
    if recipe.loop.saveEvery > 0 { saveEvery = recipe.loop.saveEvery }
    if recipe.loop.evaluateEvery > 0 { evaluateEvery = recipe.loop.evaluateEvery }
  }
}
