public import SubCore
public import SubNN
public import SubTrain

/// Every number of a vision run. All fields have values (0: off), so that each can be set by name.
public struct VisionRecipe: LoopRecipe, Equatable {
  /// The optimizers that the recipes use.
  public enum OptimizerName: String, Sendable, Codable, CaseIterable { case adamw, lamb }

  /// The supervised losses.
  public enum LossName: String, Sendable, Codable, CaseIterable {
    /// Softmax cross-entropy, against mixed labels where there is mixing.
    case crossEntropy = "ce"
    /// Binary cross-entropy with logits.
    case binaryCrossEntropy = "bce"
  }

  /// Which part of a training image is taken.
  public enum CropName: String, Sendable, Codable, CaseIterable {
    /// The random resized crop.
    case randomResized = "rrc"
    /// DeiT's simple crop: the shorter side to the size, 4 reflected pixels around, a random square.
    case simple
  }

  /// Images and resizes of a side above this are refused.
  public static let largestSide = 4096

  /// What `--recipe` knows it by.
  public var name: String
  /// A timm name.
  public var model: String
  /// What the head reads.
  public var readout: VisionTransformerConfig.Readout
  /// The side of the images, in pixels.
  public var imageSize = 224

  /// How often the data is gone through.
  public var epochs: Int
  /// Epochs in which the rate rises.
  public var warmupEpochs = 5
  /// Images of an update; `accumulation` batches make one.
  public var batchSize: Int
  /// Batches that make an update.
  public var accumulation = 1
  /// The rate as used: nothing is scaled by the batch size.
  public var lr: Double
  /// The rate at the end.
  public var minLr: Double
  /// The rate at the first update.
  public var warmupLr = 0.0
  /// Whose cosine the rate follows.
  public var schedule: CosineSchedule.Form
  /// What makes the updates.
  public var optimizer = OptimizerName.adamw
  /// The decay of the mean of gradients.
  public var beta1 = 0.9
  /// The decay of the mean of their squares.
  public var beta2 = 0.999
  /// Added to the root of the second moment.
  public var epsilon = 1e-8
  /// The decoupled decay of matrices.
  public var weightDecay: Double
  /// The factor from one layer to the one below; 1: none.
  public var layerDecay = 1.0
  /// The global gradient norm to clip to; 0: none (LAMB has its own limit of 1).
  public var clipNorm = 0.0
  /// Stochastic depth, of the deepest block where it rises.
  public var dropPath = 0.0
  /// The supervised loss.
  public var loss = LossName.crossEntropy
  /// Label smoothing of the main branch.
  public var smoothing = 0.0
  /// Whether every class with a share in a mixed label counts as wholly there (DeiT-III's BCE).
  public var binarizesTargets = false
  /// The decay of the average of weights that is evaluated; 0: none.
  public var emaDecay = 0.0
  /// Whether the patch embedding stays as it was loaded.
  public var freezesPatches = false
  /// The share of tokens that the sub-branch does not see.
  public var ratio = 0.5
  /// How these tokens are chosen: `uniform` or `block`.
  public var masking = Masking.Selection.uniform

  /// `three-augment`, a RandAugment in timm's notation, or `none`.
  public var augment: String
  /// The range of brightness, contrast and saturation; 0: none.
  public var colorJitter = 0.0
  /// How often an image is mirrored.
  public var flip = 0.5
  /// The crop of training images.
  public var crop = CropName.randomResized
  /// The smallest share of an image's area that a random resized crop takes; 1: the whole image, resized.
  public var cropScale = 0.08
  /// The alpha of mixup; 0: none.
  public var mixup = 0.0
  /// The alpha of CutMix; 0: none.
  public var cutmix = 0.0
  /// How often a batch is mixed.
  public var mixProbability = 1.0
  /// How often by CutMix, where there are both.
  public var switchProbability = 0.5
  /// Whether bytes are mixed and rounded before normalisation, as RSB's loader does, instead of numbers after it.
  public var mixBytes = false
  /// How often a rectangle is erased; 0: never.
  public var erasing = 0.0
  /// How often an image comes in an epoch, differently augmented each time.
  public var repeats = 1
  /// Whether images are turned as their EXIF orientation says; the originals' loaders leave them as they lie.
  public var exif = false
  /// Whether a training JPEG twice as large as its crop needs, or larger, is decoded at a fraction of its size:
  /// quicker, and not the originals' pixels.
  public var decodeScaled = false
  /// `bilinear`, `bicubic` or `random`.
  public var interpolation = "bicubic"
  /// `imagenet`, `clip` or `inception`.
  public var normalization = "imagenet"
  /// The shorter side of an evaluated image before its middle is taken.
  public var evalResize = 224
  /// Images of a batch in evaluation.
  public var evalBatchSize = 64

  /// Updates between two lines of the log.
  public var logEvery = 10
  /// Updates between checkpoints; 0: every epoch.
  public var saveEvery = 0
  /// Updates between evaluations; 0: every epoch.
  public var evaluateEvery = 0

  /// A recipe whose other fields are set afterwards.
  public init(
    _ name: String, model: String, readout: VisionTransformerConfig.Readout, epochs: Int, batchSize: Int, lr: Double,
    minLr: Double, schedule: CosineSchedule.Form, weightDecay: Double, augment: String
  ) {
    (self.name, self.model, self.readout, self.epochs, self.batchSize) = (name, model, readout, epochs, batchSize)
    (self.lr, self.minLr, self.schedule, self.weightDecay) = (lr, minLr, schedule, weightDecay)
    self.augment = augment
  }

  /// Throws where settings contradict each other or name nothing.
  public func validate() throws {
    func require(_ condition: Bool, _ key: String, _ what: String, _ cure: String) throws {
      if !condition { throw InputError(what, at: "--set \(key)", cure: cure, isUsage: true) }
    }
    try require(
      VisionFamilies.configuration(named: model) != nil, "model", "there is no network '\(model)'",
      "use one of \(VisionFamilies.names.joined(separator: ", "))")
    try require(epochs > 0, "epochs", "\(epochs) epochs", "give at least 1")
    try require(
      accumulation > 0 && batchSize >= accumulation && batchSize % accumulation == 0, "accumulation",
      "\(batchSize) images in \(accumulation) batches", "give a number of batches that divides batch_size")
    try require(
      ["imagenet", "clip", "inception"].contains(normalization), "normalization", "'\(normalization)' is unknown",
      "use imagenet, clip or inception")
    try require(
      !(binarizesTargets && smoothing > 0), "smoothing", "smoothed labels would all count as wholly there",
      "set smoothing=0 or binarizes_targets=false")
    for (key, value) in [("image_size", imageSize), ("eval_resize", evalResize)] {
      try require(
        (1...Self.largestSide).contains(value), key, "\(value) is out of range", "give 1 to \(Self.largestSide)")
    }
    for (key, value) in [("drop_path", dropPath), ("ratio", ratio), ("smoothing", smoothing), ("ema_decay", emaDecay)] {
      try require(value >= 0 && value < 1, key, "\(value) is out of range", "give a number from 0 to below 1")
    }
    try require(layerDecay > 0 && layerDecay <= 1, "layer_decay", "\(layerDecay)", "give a factor above 0, at most 1")
    for (key, value) in [("beta1", beta1), ("beta2", beta2)] {
      try require(value >= 0 && value < 1, key, "\(value) is out of range", "give a number from 0 to below 1")
    }
    let amounts = [
      ("weight_decay", weightDecay), ("clip_norm", clipNorm), ("mixup", mixup), ("cutmix", cutmix),
      ("color_jitter", colorJitter),
    ]
    for (key, value) in amounts { try require(value >= 0, key, "\(value) is negative", "give 0 or more") }
    try require(epsilon > 0, "epsilon", "\(epsilon) would divide by zero", "give a small positive number")
    try require(lr >= 0 && minLr >= 0 && warmupLr >= 0, "lr", "a negative rate", "give rates of 0 or more")
  }
}

// What the numbers make.
extension VisionRecipe {
  /// The model to train: the named variant, or what was loaded, with the recipe's head, size and stochastic depth.
  public func configuration(
    classes: Int, from loaded: (any VisionConfiguration)? = nil
  ) throws -> any VisionConfiguration {
    try validate()
    guard var config = loaded ?? VisionFamilies.configuration(named: model) else {
      preconditionFailure("VisionRecipe: \(model) was validated")
    }
    config.classes = classes
    config.imageSize = imageSize
    config.dropPath = Float(dropPath)
    config.follow(self)
    do { try config.validate(at: "recipe \(name)") } catch {
      // The weights were valid as they came: it is the recipe's settings that do not fit them.
      throw InputError(error.what, at: error.place, cure: "\(error.cure) (--set image_size)", isUsage: true)
    }
    return config
  }

  /// The rates of every parameter of a model.
  public func groups(_ set: ParameterSet, _ config: any VisionConfiguration) -> ParameterGroups {
    ParameterGroups(
      set, weightDecay: weightDecay, rule: config.decayRule,
      layers: layerDecay < 1 ? LayerDecay(layerDecay, over: config.layers) : nil)
  }

  /// The optimizer of a model's parameters.
  public func makeOptimizer(_ set: ParameterSet, _ config: any VisionConfiguration) -> any Optimizer {
    let groups = groups(set, config)
    switch optimizer {
    case .adamw:
      return AdamW(
        set, groups: groups, settings: AdamW.Settings(beta1: beta1, beta2: beta2, epsilon: epsilon))
    case .lamb:
      return LAMB(set, groups: groups, settings: LAMB.Settings(beta1: beta1, beta2: beta2, epsilon: epsilon))
    }
  }

  /// The rate of every update.
  public func rates(stepsPerEpoch: Int) -> CosineSchedule {
    CosineSchedule(
      schedule, peak: lr, floor: minLr, warmupRate: warmupLr, warmupEpochs: warmupEpochs, epochs: epochs,
      stepsPerEpoch: stepsPerEpoch)
  }

  /// The loss. Where images are mixed, smoothing is in their labels already; it acts here on integer labels alone.
  public var objective: Loss {
    switch loss {
    case .crossEntropy: .crossEntropy(smoothing: Float(smoothing))
    case .binaryCrossEntropy: .binaryCrossEntropy
    }
  }
}
