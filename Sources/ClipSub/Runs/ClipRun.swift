import SubCore
import SubData
import SubNN
public import SubTrain
import VisionSub

/// A run of contrastive pretraining.
public typealias ClipRun = TrainingRun<ClipTraining>

extension TrainingRun where Subject == ClipTraining {
  /// A run of a model on image-caption pairs by a recipe.
  public init(
    _ recipe: ClipRecipe, on captions: CaptionSet, _ model: ClipRunModel,
    evaluating evaluation: ZeroShotEvaluation? = nil, method: MethodChoice = MethodChoice(MaskSub.self),
    _ settings: RunSettings = RunSettings()
  ) throws {
    // Training frames images in its own way.
    let framing: [ImagePreparation.Part] = [.crop, .mode, .interpolation]
    try model.preparation.check([.mean, .deviation], cure: "say there what images are prepared with")
    if evaluation != nil {
      try model.preparation.check(
        framing, cure: "say there what to do instead, or leave the evaluation to zero-shot, which has options for it")
    }
    let (image, text) = (model.config.image, model.config.text)
    let (method, masking) = try method.resolved(by: recipe, patches: image.patches, settings)
    let source = try CaptionSource(
      captions,
      order: CaptionOrder(seed: settings.seed, resamples: recipe.data.resamples, buffer: recipe.data.shuffleBuffer),
      tokenizer: model.tokenizer, pipeline: .clipTraining(size: image.size, model.preparation),
      batchSize: recipe.loop.batchSize,
      contextLength: text.contextLength, samplesPerEpoch: recipe.data.samplesPerEpoch, seed: settings.seed,
      threads: settings.workers ?? Processor.threads, sharedBy: settings.ranks, on: settings.device)
    let subject = ClipTraining(model, on: source, evaluating: evaluation, masking: masking)
    try self.init(
      "clip-pretrain", subject, by: recipe, method: method, groups: recipe.groups(model.parameters),
      bestMetrics: ["zeroshot_top1", "image_to_text_R@1"], settings)
    configuration = ["captions": captions.options.json, "model": model.config.json]
    title =
      "\(model.parameters.count) weights, \(source.batchesPerEpoch) batches of \(recipe.loop.batchSize) an epoch"
    details = model.details + [model.preparationLine]
    let rates = recipe.rates(stepsPerEpoch: source.batchesPerEpoch)
    if rates.warmup >= loop.totalSteps, rates.warmup > 0 {
      remarks.append(
        "warm-up takes \(rates.warmup) steps, the run has \(loop.totalSteps): the learning rate will not reach "
          + "\(rates.peak); --warmup-steps N shortens it")
    }
    for case let error? in framing.map({ model.preparation.refused[$0] }) {
      remarks.append("\(error.what) (\(error.place)): training does otherwise, and what it writes says nothing of it")
    }
    let dropped = model.config.patchDropout
    if dropped > 0 {
      remarks.append(
        "patch_dropout \(dropped) of the model's configuration is not followed; --method masking --ratio \(dropped) "
          + "leaves patches out so")
    }
  }
}
