public import SubCore
public import SubNN
public import SubTrain

/// Contrastive pretraining as open_clip 3.3.0 does it by default (ViT names: AdamW 0.9, 0.98, 1e-6; lr 5e-4, decay 0.2,
/// 10,000 steps of warmup, cosine to 0, no clipping), which is what the MaskSub paper says it uses.
public struct ClipRecipe: Recipe {
  /// `data.*`: how pairs are read.
  public struct DataFields: FieldGroup {
    /// Pairs that make an epoch; 0: as many as the data has.
    public var samplesPerEpoch = 0
    /// Whether shards are drawn with replacement.
    public var resamples = false
    /// Pairs that wait in the shuffle buffer of shards.
    public var shuffleBuffer = 5000

    public static let fields: [Field<Self>] = [
      Field("samples_per_epoch", \.samplesPerEpoch, 0...1 << 40, "pairs that make an epoch; 0: as many as there are"),
      Field("resamples", \.resamples, "whether shards are drawn with replacement"),
      Field("shuffle_buffer", \.shuffleBuffer, 1...1 << 24, "pairs that wait in the shuffle buffer of shards"),
    ]
  }

  public static let kind = "contrastive"

  public var name = "clip"
  /// The sizes of a new network.
  public var model = ClipModelFields()
  public var optimizer = OptimizerFields()
  /// Whether both position embeddings decay, as up to open_clip 3.3.0; false: as in its current source.
  public var decaysPositions = true
  public var schedule = ScheduleFields()
  public var loop = LoopFields()
  /// How pairs are read.
  public var data = DataFields()
  public var method = MethodFields()

  /// open_clip's defaults.
  public init() {
    optimizer.lr = 5e-4
    optimizer.beta2 = 0.98
    optimizer.epsilon = 1e-6
    optimizer.weightDecay = 0.2
    schedule.form = .updateEarly
    schedule.epochs = 32
    schedule.warmup = .steps(10000)
  }

  public static let table = FieldTable<ClipRecipe>(
    [
      Field.group("model", \.model), Field.group("optimizer", \.optimizer),
      [Field("optimizer.decays_positions", \.decaysPositions, "whether both position embeddings decay")],
      Field.group("schedule", \.schedule),
      Field.group(
        "loop", \.loop,
        meanings: [
          "batch_size": "pairs of an update: the rows and columns of the similarity matrix",
          "accumulation":
            "in how many parts a batch passes through the towers, one after the other; the loss is that of "
            + "the whole batch; 0: as few as memory allows",
        ]),
      Field.group("data", \.data), Field.group("method", \.method),
    ],
    unused: ["optimizer.layer_decay", "loop.ema_decay", "loop.sync_bn", "loop.overlap", "method.sub_statistics"],
    rules: [
      .init("loop.accumulation", "a number of parts that is at most loop.batch_size") {
        $0.loop.accumulation <= $0.loop.batchSize
      },
      .init("loop.batch_size", "2 or more", because: "one pair has nothing to be told from, and its loss is 0") {
        $0.loop.batchSize > 1
      },
    ])

  public static let book = [
    RecipeEntry(
      ClipRecipe(), "contrastive pretraining of a CLIP with image-caption pairs",
      command: "masksub clip-pretrain --data 'cc3m/{00000..00331}.tar' --model ViT-B-32 --batch-size 1024",
      expected:
        "ViT-B/32, 128M samples, ImageNet zero-shot top-1: 33.5 → 37.6 with MaskSub, 29.8 with masking (Table 12)",
      source: "open_clip 3.3.0's defaults for ViT names, as MaskSub section 4.6 says; batch 1024 in the paper",
      notes: [
        "optimizer.weight_decay": "not of vectors, norms, biases and the logit scale",
        "optimizer.decays_positions": "open_clip up to 3.3.0; false: as its current source",
        "optimizer.clip_norm": "open_clip: none", "loop.batch_size": "64 on each of its GPUs; the paper: 1024 in all",
        "data.samples_per_epoch": "--train-num-samples",
        "data.resamples": "--dataset-resampled",
      ]),
    RecipeEntry(
      fromScratch, "a small CLIP on the embedded captions, about two minutes on two cores", for: .drawnCaptions,
      command: "masksub clip-pretrain",
      expected: "zero-shot accuracy and recall far above chance on the held-out pairs",
      source: "this project, otherwise open_clip's defaults"),
  ]

  /// The embedded default: a small CLIP on the drawn captions in `datasets/captions`.
  public static let fromScratch: ClipRecipe = {
    var recipe = ClipRecipe()
    recipe.name = "clip-small"
    recipe.optimizer.lr = 1e-3
    recipe.schedule.epochs = 24
    recipe.schedule.warmup = .steps(50)
    recipe.loop.evaluateEvery = 378
    recipe.loop.saveEvery = 378
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

  /// The rates of every parameter of a model.
  public func groups(_ set: ParameterSet) -> ParameterGroups {
    ParameterGroups(set, weightDecay: optimizer.weightDecay, rule: decayRule)
  }

  /// Which weights decay.
  public var decayRule: DecayRule { .openClip(decaysPositions: decaysPositions) }
}

extension TrainingSet {
  /// The pairs in `datasets/captions`.
  public static let drawnCaptions = TrainingSet("datasets/captions", samples: 4000)
}
