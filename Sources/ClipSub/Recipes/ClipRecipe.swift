public import SubCore
import SubData
public import SubNN
public import SubTrain

/// Contrastive pretraining as open_clip 3.3.0 does it by default (ViT names: AdamW 0.9, 0.98, 1e-6; lr 5e-4, decay 0.2,
/// 10,000 steps of warmup, cosine to 0, no clipping), which is what the MaskSub paper says it uses.
///
///     masksub clip-pretrain --data 'cc3m/{00000..00331}.tar' --model ViT-B-32 --set batch_size=1024
///
/// Paper, Table 12 (ViT-B/32, 128 M samples, ImageNet zero-shot top-1): CLIP 33.5, with masking 29.8, MaskSub 37.6.
public struct ClipRecipe: LoopRecipe, Equatable {
  /// What `recipes show` knows it by.
  public var name = "clip"
  /// Pairs a step: the rows and columns of the similarity matrix.
  public var batchSize = 64
  /// In how many pieces a batch passes through the towers; the loss is always that of the whole batch.
  public var pieces = 1
  /// The learning rate at its peak.
  public var lr = 5e-4
  /// How often the data is gone through.
  public var epochs = 32
  /// 0: all of `epochs`.
  public var maxSteps = 0
  /// Updates in which the learning rate rises.
  public var warmup = 10000
  /// AdamW's decay of what `decays` names.
  public var weightDecay = 0.2
  /// Whether both position embeddings decay, as up to open_clip 3.3.0; false: as in its current source.
  public var decaysPositions = true
  /// AdamW's moments.
  public var adam = AdamW.Settings(beta1: 0.9, beta2: 0.98, epsilon: 1e-6)
  /// The greatest norm of a gradient; 0: any.
  public var clipNorm = 0.0
  /// Pairs that make an epoch; 0: as many as the data has.
  public var samplesPerEpoch = 0
  /// Whether shards are drawn with replacement.
  public var resamples = false
  /// Pairs that wait in the shuffle buffer of shards.
  public var shuffleBuffer = 5000
  /// Images at once in an evaluation.
  public var evalBatchSize = 64
  /// Updates between two lines of the log.
  public var logEvery = 10
  /// Updates between checkpoints; 0: every epoch.
  public var saveEvery = 0
  /// Updates between evaluations; 0: every epoch.
  public var evaluateEvery = 0

  /// open_clip's defaults.
  public init() {}

  /// The embedded default: a small CLIP on the drawn captions in `datasets/captions`.
  public static let fromScratch: ClipRecipe = {
    var recipe = ClipRecipe()
    recipe.name = "clip-small"
    recipe.lr = 1e-3
    recipe.epochs = 24
    recipe.warmup = 50
    recipe.evaluateEvery = 378
    recipe.saveEvery = 378
    return recipe
  }()

  /// The network of the embedded default, for a vocabulary.
  public static func smallNetwork(vocabulary: Int) -> ClipConfig {
    var config = ClipConfig()
    config.embedWidth = 64
    config.image.size = 48
    config.image.patch = 12
    (config.image.width, config.image.layers, config.image.heads, config.image.mlpWidth) = (128, 4, 4, 512)
    config.text.contextLength = 32
    config.text.vocabularySize = vocabulary
    (config.text.width, config.text.layers, config.text.heads, config.text.mlpWidth) = (96, 3, 3, 384)
    return config
  }

  /// The recipe itself; throws a usage error for a number that no run can have.
  public func checked() throws -> ClipRecipe {
    let most = 1 << 24
    for (key, value, least) in [
      ("batch_size", batchSize, 1), ("pieces", pieces, 1), ("epochs", epochs, 1), ("warmup", warmup, 0),
      ("shuffle_buffer", shuffleBuffer, 1), ("eval_batch_size", evalBatchSize, 1), ("log_every", logEvery, 1),
      ("save_every", saveEvery, 0), ("evaluate_every", evaluateEvery, 0),
    ] { try require(key, value, in: least...most) }
    for (key, value) in [("samples_per_epoch", samplesPerEpoch), ("max_steps", maxSteps)] {
      try require(key, value, in: 0...1 << 40)
    }
    try require(pieces <= batchSize, "pieces", pieces, "at most batch_size, \(batchSize)")
    for (key, value) in [("lr", lr), ("weight_decay", weightDecay), ("clip_norm", clipNorm)] {
      try require(value >= 0, key, value, "a number of at least 0")
    }
    try adam.check(for: self)
    return self
  }

  /// Weight decay by name and shape.
  public func groups(_ set: ParameterSet) -> ParameterGroups {
    ParameterGroups(set) { [self] in ParameterRates(weightDecay: decays($0.name, $0.shape) ? weightDecay : 0) }
  }

  /// open_clip's rule: matrices decay; vectors, so all norms and biases, and the logit scale do not.
  package func decays(_ name: String, _ shape: Shape) -> Bool {
    shape.rank > 1 && (decaysPositions || !name.hasSuffix(".pos_embed"))
  }

  /// The learning rate before update `step` (0-based) of `total`: rises from lr/warmup, then half a cosine to 0.
  public func rate(at step: Int, of total: Int) -> Double {
    if step < warmup { return lr * Double(step + 1) / Double(warmup) }
    let schedule = Schedule(peak: lr, total: max(1, total - warmup), decay: .cosine)
    return schedule.rate(at: step - warmup)
  }
}
