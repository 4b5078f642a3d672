import SubCore
public import SubData
public import SubTrain

/// A training run of a vision model, from scratch or from weights.
///
///     let data = try VisionData("datasets/shapes")
///     let recipe = try VisionRecipe.named("shapes-tiny")
///     let model = try VisionRunModel(recipe, classNames: data.classNames)
///     try VisionRun(recipe, on: data, model).train(to: "runs/shapes", reporter: LineReporter { print($0) })
///     print(try VisionEvaluation(VisionFolder("runs/shapes"), on: data.train)().summary)
public typealias VisionRun = TrainingRun<VisionTraining>

extension TrainingRun where Subject == VisionTraining {
  /// A run of a model on labelled images by a recipe, for which the model was made.
  ///
  /// - Parameters:
  ///   - classWeights: what images of each class count in the loss; nil: all alike.
  ///   - maxBroken: unreadable pictures that are passed over before it is an error.
  public init(
    _ recipe: VisionRecipe, on data: VisionData, _ model: VisionRunModel,
    method: MethodChoice = MethodChoice(MaskSub.self), classWeights: ClassWeights? = nil,
    _ settings: RunSettings = RunSettings(), maxBroken: Int = 100
  ) throws {
    precondition(
      model.recipe == recipe && model.config.classes == data.classNames.count,
      "VisionRun: the model was made for another recipe, or other classes")
    guard data.classNames.count > 1 else {
      throw InputError(
        "the data have only one class, '\(data.classNames.first ?? "")'", at: "--data",
        cure: "name the folder whose folders are the classes", isUsage: true)
    }
    let (method, masking) = try method.resolved(
      by: recipe, dropPath: recipe.model.dropPath, patches: model.config.cells.count, settings)
    try model.config.check(method)
    let weights = try classWeights.map { weights in
      guard recipe.loss.name == .crossEntropy else {
        throw InputError(
          "the recipe's loss, \(recipe.loss.name.rawValue), has no weights of classes", at: "--class-weights",
          cure: "leave them out, or add --set loss.name=\(LossFields.Name.crossEntropy.rawValue)", isUsage: true)
      }
      return try weights.values(labels: data.train.labels, names: data.classNames)
    }
    let source = try VisionBatches(recipe, on: data.train, weights: weights, maxBroken: maxBroken, settings)
    let evaluator = data.validation.map {
      VisionEvaluator(
        model.task, $0, recipe.evaluationPipeline, batchSize: recipe.loop.evalBatchSize,
        workers: settings.imageWorkers, maxBroken: maxBroken, on: settings.device,
        ranks: settings.ranks)
    }
    let training = VisionTraining(
      model, on: source, emaDecay: recipe.loop.emaDecay, evaluator: evaluator, masking: masking)
    try self.init(
      model.isNew ? "train" : "finetune", training, by: recipe, method: method,
      groups: recipe.groups(model.parameters, model.config), bestMetrics: ["top1"], settings)
    configuration = [
      "model": model.variant.map { .string($0) } ?? .null,
      "label_names": .array(data.classNames.map { .string($0) }),
      "class_weights": weights.map { .array($0.map { JSON($0) }) } ?? .null,
    ]
    (remarks, details) = (data.remarks, model.details)
    if data.validation == nil {
      remarks.append("nothing to evaluate on: --validation DIR names images, --validation-fraction 0.1 holds some out")
    }
    if let weights {
      let shown = zip(data.classNames, weights).prefix(12).map { "\($0) \($1)" }
      details.append("class weights: \(shown.joined(separator: ", "))" + (weights.count > 12 ? ", …" : ""))
    }
    let evaluated = data.validation.map { "\($0.count)" } ?? "none"
    title =
      "\(recipe.name): \(model.description), \(model.parameters.count) weights, \(data.classNames.count) classes, "
      + "\(data.train.count) training images, \(evaluated) for evaluation"
  }
}

extension VisionRecipe {
  /// Which of so many training images make which batch.
  public func sampler(of count: Int, seed: Int = 0) -> ImageSampler {
    ImageSampler(count: count, batchSize: loop.batchSize, seed: seed, repeats: augment.repeats)
  }
}

extension VisionBatches {
  /// The training batches of a recipe's run. Throws where the images make no update.
  public convenience init(
    _ recipe: VisionRecipe, on images: any ImageSource, weights: [Float]? = nil, maxBroken: Int = 100,
    _ settings: RunSettings
  ) throws {
    let sampler = recipe.sampler(of: images.count, seed: settings.seed)
    guard sampler.batchesPerEpoch > 0 else {
      throw InputError(
        "the \(sampler.epochCount) training images make no update of \(recipe.loop.batchSize)", at: "--set batch_size",
        cure: "give a smaller batch_size", isUsage: true)
    }
    let batches = ImageBatches(
      source: images, sampler: sampler, pipeline: try recipe.trainingPipeline(), mixing: recipe.mixing,
      copies: recipe.augment.copies, broken: BrokenImages(limit: maxBroken), ranks: settings.ranks)
    self.init(
      batches, updates: recipe.updates(stepsPerEpoch: batches.perEpoch), binarizes: recipe.loss.binarizes,
      weights: weights, smoothing: batches.mixing == nil ? Float(recipe.loss.smoothing) : 0,
      workers: settings.imageWorkers, on: settings.device)
  }
}
