import SubCore
import SubData
import SubNN
import SubTrain
import VisionSub

/// A training run of a vision model: what `train` and `finetune` share.
struct VisionRun {
  /// `train` or `finetune`.
  let command: String
  /// The recipe's name; nil: what follows from the weights, or the embedded default.
  let recipe: String?
  /// The weights to start from.
  let from: String?
  let images: VisionOptions
  let method: MethodOptions
  let options: RunOptions
  let machine: MachineOptions

  func run(in context: ToolContext) throws {
    let device = try machine.select()
    // What is to be resumed must be there before anything else is asked for.
    if options.resume { _ = try RunFolder.open(output: options.output, resume: true, command: command) }
    let source = try from.map { try VisionFolder($0) }
    let given = try recipe.map { try VisionRecipe.named($0) }
    let followed = try source.map { try VisionRecipe.following($0.configuration) }
    var recipe = try (given ?? followed ?? VisionRecipe.named("shapes-tiny"))
      .with(options.settingPairs, note: context.console.note)
    let data = try VisionData(images.data ?? context.home.file("datasets/shapes"), validation: images.validation)
    if images.data == nil { try fit(&recipe, to: data.train.count) }
    if images.data == nil || source == nil && given == nil {
      try context.console.print(note(recipe, isEmbedded: images.data == nil))
    }
    let model = try VisionRunModel(
      recipe, source, classNames: data.classNames, seed: machine.seed, on: device)
    let batches = try trainingBatches(data.train, recipe)
    let basis = RatioBasis(recipe.method, dropPath: recipe.model.dropPath)
    let method = try method.choice.resolved(basis, selection: recipe.method.masking)
    try method.check(patches: model.config.cells.count, at: "--ratio")

    let run = try TrainingRun(
      command, task: recipe.name, method: method, recipe, seed: machine.seed, options,
      [
        "data": .string(images.data ?? "datasets/shapes"),
        "validation": images.validation.map { .string($0) } ?? .null, "from": from.map { .string($0) } ?? .null,
        "model": model.variant.map { .string($0) } ?? .null,
        "label_names": .array(data.classNames.map { .string($0) }),
      ], in: context)
    let perEpoch = batches.perEpoch / recipe.loop.accumulation
    let loop = run.loop(recipe, stepsPerEpoch: perEpoch, bestMetric: "top1")
    let supply = VisionBatches(
      batches, updates: loop.totalSteps, accumulation: recipe.loop.accumulation,
      binarizes: recipe.loss.binarizesTargets,
      workers: images.workerCount, on: device)
    let average = recipe.loop.emaDecay > 0 ? EMA(model.parameters, decay: recipe.loop.emaDecay) : nil
    let evaluator = data.validation.map {
      VisionEvaluator(
        model.task, $0, recipe.evaluationPipeline, batchSize: recipe.loop.evalBatchSize, workers: images.workerCount,
        maxBroken: images.maxBroken, on: device)
    }
    let masking = options.analyze ? MethodChoice.analyzed(method, basis, selection: recipe.method.masking) : nil
    if let masking { try Masking.check(ratio: masking.ratio, patches: model.config.cells.count, at: "--analyze") }
    let training = VisionTraining(model, on: supply, average: average, evaluator: evaluator, masking: masking)

    for remark in data.remarks { context.console.note(remark) }
    let count = data.validation.map { "\($0.count) for evaluation" } ?? "none for evaluation"
    try run.train(
      training, optimizer: recipe.makeOptimizer(model.parameters, model.config),
      schedule: recipe.rates(stepsPerEpoch: loop.stepsPerEpoch).rate(at:), loop,
      announcing: "\(recipe.name): \(model.description), \(model.parameters.count) weights, "
        + "\(data.classNames.count) classes, \(data.train.count) training images, \(count)",
      details: model.details
    ) {
      context.console.note(batches.broken, "passed over")
      if let evaluator { context.console.note(evaluator.batches.broken, "not counted") }
    }
  }

  private func trainingBatches(_ source: any ImageSource, _ recipe: VisionRecipe) throws -> ImageBatches {
    let sampler = ImageSampler(
      count: source.count, batchSize: recipe.loop.batchSize / recipe.loop.accumulation, seed: machine.seed,
      repeats: recipe.augment.repeats)
    guard sampler.batchesPerEpoch >= recipe.loop.accumulation else {
      throw InputError(
        "the \(sampler.epochCount) training images make no update of \(recipe.loop.batchSize)", at: "--set batch_size",
        cure: "give a smaller batch_size", isUsage: true)
    }
    return ImageBatches(
      source: source, sampler: sampler, pipeline: try recipe.trainingPipeline(), mixing: recipe.mixing,
      broken: BrokenImages(limit: images.maxBroken))
  }

  /// A large recipe on the few embedded images: batches that they can fill.
  private func fit(_ recipe: inout VisionRecipe, to count: Int) throws {
    let isGiven = options.settings.contains {
      ["loop.batch_size", "loop.accumulation"].contains(try? VisionRecipe.table.row($0.key).key)
    }
    guard recipe.loop.batchSize > count / recipe.augment.repeats, !isGiven else { return }
    (recipe.loop.batchSize, recipe.loop.accumulation) = (min(64, count), 1)
  }

  private func note(_ recipe: VisionRecipe, isEmbedded: Bool) -> String {
    let data = isEmbedded ? "the embedded images in datasets/shapes" : "--data"
    let start = from.map { "the weights in \($0)" } ?? "a new model"
    let real =
      command == "train"
      ? "masksub train --recipe deit3-s-400 --data imagenet" : "masksub finetune --from WEIGHTS --data imagenet"
    return "using \(data), \(start) and the recipe \(recipe.name); a real run: \(real) (a folder with train and val)"
  }
}

extension Console {
  /// Says how many pictures could not be read, and names the first few.
  func note(_ broken: BrokenImages, _ consequence: String) {
    let errors = broken.errors
    guard !errors.isEmpty else { return }
    note("unreadable pictures, \(consequence): \(errors.count)")
    for (_, error) in errors.prefix(5) { note("  \(error)") }
    if errors.count > 5 { note("  … and \(errors.count - 5) more") }
  }
}
