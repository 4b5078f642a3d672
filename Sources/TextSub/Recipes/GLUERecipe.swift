public import SubData
public import SubNN
public import SubTrain

/// Fine-tuning a BERT on a GLUE task: transformers' `run_glue` with its README's settings (batch 32, lr 2e-5, 3 epochs, 5
/// for MRPC and WNLI, 128 tokens, AdamW without decay, linear schedule without warmup, clipping at 1.0), which is what
/// the paper says it uses.
///
///     masksub glue --task cola --data glue/CoLA --from bert-base-cased
///
/// Paper, Table 11 (BERT-base, dev): CoLA 54.7 → 58.3 with MaskSub; run_glue's own page: 56.5.
public struct GLUERecipe: LoopRecipe, Equatable {
  /// What `recipes show` knows it by.
  public var name = "glue"
  /// Sentences, or pairs, of a batch.
  public var batchSize = 32
  /// The learning rate at its peak.
  public var lr = 2e-5
  /// How often the data is gone through.
  public var epochs = 3
  /// 0: all of `epochs`.
  public var maxSteps = 0
  /// Tokens of a sequence, special ones included; longer ones are cut.
  public var maxLength = 128
  /// AdamW's decay of all but biases and norms.
  public var weightDecay = 0.0
  /// The share of all updates in which the learning rate rises.
  public var warmupRatio = 0.0
  /// How the learning rate falls afterwards.
  public var schedule = Schedule.Decay.linear
  /// AdamW's moments.
  public var adam = AdamW.Settings()
  /// 0: none.
  public var clipNorm = 1.0
  /// Batches whose gradients make one update.
  public var accumulation = 1
  /// Sentences of a batch in evaluation.
  public var evalBatchSize = 64
  /// Updates between two lines of the log.
  public var logEvery = 10
  /// Updates between checkpoints; 0: every epoch.
  public var saveEvery = 0
  /// Updates between evaluations; 0: every epoch.
  public var evaluateEvery = 0

  /// run_glue's settings for a task.
  public init(_ task: GLUETask) {
    if task == .mrpc || task == .wnli { epochs = 5 }
  }

  /// The embedded default: a small BERT from scratch on the sentences in `datasets/acceptability`.
  public static let fromScratch: GLUERecipe = {
    var recipe = GLUERecipe(.cola)
    recipe.name = "glue-scratch"
    recipe.lr = 1e-3
    recipe.epochs = 20
    recipe.warmupRatio = 0.1
    recipe.weightDecay = 0.01
    return recipe
  }()

  /// The recipe itself; throws a usage error for a number that no run can have.
  public func checked() throws -> GLUERecipe {
    for (key, value, range) in [
      ("batch_size", batchSize, 1...65536), ("eval_batch_size", evalBatchSize, 1...65536),
      ("accumulation", accumulation, 1...65536), ("epochs", epochs, 1...1 << 24), ("max_steps", maxSteps, 0...1 << 40),
      ("max_length", maxLength, 8...1 << 24), ("log_every", logEvery, 1...1 << 24),
      ("save_every", saveEvery, 0...1 << 24),
      ("evaluate_every", evaluateEvery, 0...1 << 24),
    ] { try require(key, value, in: range) }
    for (key, value) in [("lr", lr), ("weight_decay", weightDecay), ("clip_norm", clipNorm)] {
      try require(value >= 0, key, value, "a number of at least 0")
    }
    try require((0...1).contains(warmupRatio), "warmup_ratio", warmupRatio, "a number from 0 to 1")
    try adam.check(for: self)
    return self
  }

  /// The network of the embedded default.
  public static func smallNetwork(vocabulary: Int) -> BERTConfig {
    var config = BERTConfig()
    config.vocabularySize = vocabulary
    (config.width, config.layers, config.heads, config.intermediateWidth) = (128, 2, 4, 512)
    config.positions = 128
    config.deviation = 0.08
    return config
  }
}
