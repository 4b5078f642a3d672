import SubCore
import SubData
import SubNN
public import SubTrain

/// A run of contrastive pretraining.
public typealias ClipRun = TrainingRun<ClipTraining>

extension TrainingRun where Subject == ClipTraining {
  /// A run of a model on image-caption pairs by a recipe.
  public init(
    _ recipe: ClipRecipe, on captions: CaptionSet, _ model: ClipRunModel,
    evaluating evaluation: ZeroShotEvaluation? = nil, method: MethodChoice = MethodChoice(MaskSub.self),
    _ settings: RunSettings = RunSettings()
  ) throws {
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
      remarks = [
        "warm-up takes \(rates.warmup) steps, the run has \(loop.totalSteps): the learning rate will not reach "
          + "\(rates.peak); --warmup-steps N shortens it"
      ]
    }
  }
}
