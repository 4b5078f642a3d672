public import SubTrain

/// Every number of a vision run. All fields have values (0: off), so that each can be set by name.
public struct VisionRecipe: Recipe {
  public static let kind = "vision"

  public var name: String
  /// The network.
  public var model: VisionModelFields
  public var optimizer = OptimizerFields()
  public var schedule = ScheduleFields()
  public var loop = LoopFields()
  /// How images are read.
  public var data = ImageFields()
  /// What happens to training images.
  public var augment = AugmentFields()
  /// The supervised loss.
  public var loss = LossFields()
  public var method = MethodFields()

  /// A recipe whose other fields are set afterwards.
  public init(_ name: String, model: VisionModelFields) { (self.name, self.model) = (name, model) }

  public var rateRule: RateRule? {
    switch name.prefix(while: { $0 != "-" }) {
    case _ where name.hasSuffix("-shapes"): nil
    case "mae": RateRule("blr × batch / 256 in MAE's code")
    case "deit3": RateRule("lr × batch / 512 in DeiT's code unless it is told --unscale-lr")
    case "swin": RateRule("each × batch / 512 in Swin's code", scalesAll: true)
    default: nil
    }
  }

  public static let table = FieldTable<VisionRecipe>(
    [
      Field.group("model", \.model), Field.group("optimizer", \.optimizer), Field.group("schedule", \.schedule),
      Field.group(
        "loop", \.loop,
        meanings: ["batch_size": "images of an update"]),
      Field.group("data", \.data), Field.group("augment", \.augment), Field.group("loss", \.loss),
      Field.group("method", \.method),
    ],
    rules: [
      .init("loop.accumulation", "a number of parts that is at most loop.batch_size") {
        $0.loop.accumulation <= $0.loop.batchSize
      },
      .init("augment.mix_parts", "a number of parts that divides loop.batch_size") {
        $0.loop.batchSize % $0.augment.mixParts == 0
      },
      .init("augment.mix_parts", "1 unless augment.mixup or augment.cutmix is above 0") {
        $0.augment.mixParts == 1 || $0.augment.mixes
      },
      .init("loss.smoothing", "0, and with loss.binarizes_targets every smoothed label would count as 1") {
        !($0.loss.binarizes && $0.loss.smoothing > 0)
      },
      .init("model.width", VisionModelFields.listNoun) { VisionModelFields.list($0.model.width) != nil },
      .init("model.depth", VisionModelFields.listNoun) { VisionModelFields.list($0.model.depth) != nil },
      .init("model.heads", VisionModelFields.listNoun) { VisionModelFields.list($0.model.heads) != nil },
      .init("data.mean", "means and deviations: three numbers each (or one for all three), no deviation 0") {
        $0.data.hasNormalization
      },
      .init("augment.policy", "an augmentation") {
        _ = try $0.augment.parsed()
        return true
      },
    ])

  /// Every vision recipe, in the order of `masksub recipes`.
  public static let book: [RecipeEntry<VisionRecipe>] =
    [shapesTiny, swinShapes, resnetShapes] + deit3 + deit3Finetuning + mae + beit + ftClip + swin + swinFinetuning + rsb
    + transfer + [analysis]

  /// The recipe that finetunes what was loaded.
  public static func following(_ configuration: any VisionConfiguration) throws -> VisionRecipe {
    var recipe = try named(configuration.family.recipe(following: configuration))
    configuration.adapt(&recipe)
    return recipe
  }
}
