public import SubData
import SubNN
public import SubTrain

/// Fine-tuning a BERT on a GLUE task: transformers' `run_glue` with its README's settings (batch 32, lr 2e-5, 3 epochs, 5
/// for MRPC and WNLI, 128 tokens, AdamW without decay, linear schedule without warmup, clipping at 1.0), which is what
/// the paper says it uses.
public struct GLUERecipe: Recipe {
  /// `data.*`: how sentences are read.
  public struct DataFields: FieldGroup {
    /// Tokens of a sequence, special ones included; longer ones are cut.
    public var maxLength = 128

    public static let fields: [Field<Self>] = [
      Field("max_length", \.maxLength, 8...1 << 24, "tokens of a sequence, special ones included; longer ones are cut")
    ]
  }

  /// `model.*`: the sizes of a new network.
  public struct ModelFields: FieldGroup {
    /// Features of a token, layers, attention heads, features inside an MLP, tokens of the longest sequence.
    public var width = 0, depth = 0, heads = 0, hidden = 0, positions = 0

    public static let fields: [Field<Self>] = [
      Field("width", \.width, 0...1 << 16, "features of a token of a new network; 0: 128"),
      Field("depth", \.depth, 0...1024, "its layers; 0: 2"),
      Field("heads", \.heads, 0...1024, "its attention heads; 0: one for every 32 features"),
      Field("hidden", \.hidden, 0...1 << 18, "features inside its MLPs; 0: four times the width"),
      Field("positions", \.positions, 0...1 << 16, "tokens of the longest sequence; 0: data.max_length, or 128"),
    ]
  }

  public static let kind = "GLUE"

  public var name = "glue"
  /// The sizes of a new network.
  public var model = ModelFields()
  public var optimizer = OptimizerFields()
  public var schedule = ScheduleFields()
  public var loop = LoopFields()
  /// How sentences are read.
  public var data = DataFields()
  public var method = MethodFields()

  public var samplesPerUpdate: Int { loop.batchSize * loop.accumulation }

  /// run_glue's settings for a task.
  public init(_ task: GLUETask) {
    optimizer.lr = 2e-5
    optimizer.clipNorm = 1
    schedule.form = .linear
    schedule.epochs = task == .mrpc || task == .wnli ? 5 : 3
    loop.batchSize = 32
    loop.accumulation = 1
    method.ratio = 0.15
  }

  public static let table = FieldTable<GLUERecipe>(
    [
      Field.group("model", \.model), Field.group("optimizer", \.optimizer), Field.group("schedule", \.schedule),
      Field.group(
        "loop", \.loop,
        meanings: [
          "batch_size": "sentences, or pairs, of a batch",
          "accumulation": "batches whose gradients make one update, which then has so many times batch_size sentences",
        ], fixed: ["accumulation"]),
      Field.group("data", \.data),
      Field.group("method", \.method, meanings: ["ratio": "the share of tokens that masksub and masking hide"]),
    ], unused: ["loop.ema_decay", "loop.sync_bn", "method.masking", "method.sub_statistics"],
    rules: [.init("loop.accumulation", "1 or more") { $0.loop.accumulation > 0 }])

  /// Transformers' meaning of accumulation: so many batches, whose gradients' mean is taken. Trainer of transformers 5 takes
  /// their sum for a BERT, of which clipping to a norm of 1 mostly leaves the same.
  public var batchesPerUpdate: Int { loop.accumulation }
  /// A batch is divided where memory asks for it.
  public var parts: Int { 0 }

  public static let book = [
    RecipeEntry(
      GLUERecipe(.cola), "fine-tunes a BERT on a GLUE task",
      for: TrainingSet("CoLA", samples: GLUETask.cola.trainingSamples, classes: 2),
      command: "masksub glue --task cola --data glue/CoLA --from bert-base-cased",
      expected: "BERT-base, dev: CoLA 54.7 → 58.3 Matthews with MaskSub (Table 11); run_glue's own page: 56.5",
      source: "transformers' run_glue and its README; MaskSub Table 11",
      notes: [
        "schedule.epochs": "run_glue's README: 3; 5 for MRPC and WNLI", "optimizer.clip_norm": "transformers' Trainer",
        "method.ratio": "MaskSub section 4.5",
      ]),
    RecipeEntry(
      fromScratch, "trains a small BERT on the embedded sentences, about a minute on two cores", for: .acceptability,
      command: "masksub glue --task cola", expected: "a Matthews correlation well above 0 on the held-out sentences",
      source: "this project, otherwise as glue"),
  ]

  /// The embedded default: a small BERT from scratch on the sentences in `datasets/acceptability`.
  public static let fromScratch: GLUERecipe = {
    var recipe = GLUERecipe(.cola)
    recipe.name = "glue-scratch"
    recipe.optimizer.lr = 1e-3
    recipe.optimizer.weightDecay = 0.01
    recipe.schedule.epochs = 20
    recipe.schedule.warmup = .ratio(0.1)
    return recipe
  }()

  /// A new network of the sizes that the recipe gives. Throws a usage error where they do not go together.
  public func network(vocabulary: Int) throws -> BERTConfig {
    var config = Self.smallNetwork(vocabulary: vocabulary)
    if model.width > 0 { config.width = model.width }
    if model.depth > 0 { config.layers = model.depth }
    config.heads = model.heads > 0 ? model.heads : max(1, config.width / 32)
    config.intermediateWidth = model.hidden > 0 ? model.hidden : 4 * config.width
    config.positions = model.positions > 0 ? model.positions : max(128, data.maxLength)
    try WeightHints.checkHeads(config.heads, of: config.width, at: "--set model.heads")
    return config
  }

  /// Rates that fall with depth; nil: every layer at the same.
  func layerDecay(of config: BERTConfig) -> LayerDecay? {
    optimizer.layerDecay < 1 ? LayerDecay(optimizer.layerDecay, over: .transformer(depth: config.layers)) : nil
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

extension TrainingSet {
  /// The sentences in `datasets/acceptability`.
  public static let acceptability = TrainingSet("datasets/acceptability", samples: 3600, classes: 2)
}
