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
    let given = try recipe.map { try VisionRecipe.asked($0) }
    var settings = try VisionSettings(
      given ?? source.map({ try VisionRecipe.following($0.configuration) }) ?? VisionRecipe.named("shapes-tiny"),
      options.settingPairs)
    let data = try VisionData(images.data ?? context.home.file("datasets/shapes"), validation: images.validation)
    if images.data == nil { try fit(&settings.recipe, to: data.train.count) }
    if images.data == nil || source == nil && recipe == nil {
      try context.console.print(note(settings.recipe, isEmbedded: images.data == nil))
    }
    let recipe = settings.recipe
    let model = try VisionRunModel(
      recipe, source, classNames: data.classNames, seed: machine.seed, on: device)
    let batches = try trainingBatches(data.train, recipe)
    let basis = RatioBasis(hidden: recipe.ratio, dropPath: recipe.dropPath)
    let method = try method.choice.resolved(basis, selection: recipe.masking)
    try method.check(patches: model.config.cells.count, at: "--ratio")

    let run = try TrainingRun(
      command, task: recipe.name, method: method, seed: machine.seed, options,
      [
        "data": .string(images.data ?? "datasets/shapes"),
        "validation": images.validation.map { .string($0) } ?? .null, "from": from.map { .string($0) } ?? .null,
        "recipe": try settings.json(), "model": model.variant.map { .string($0) } ?? .null,
        "label_names": .array(data.classNames.map { .string($0) }),
      ], in: context)
    let perEpoch = batches.perEpoch / recipe.accumulation
    let total = recipe.epochs * perEpoch
    let loop = run.loop(
      recipe, totalSteps: settings.maxSteps > 0 ? min(settings.maxSteps, total) : total, stepsPerEpoch: perEpoch,
      bestMetric: "top1")
    let supply = VisionBatches(
      batches, updates: loop.totalSteps, accumulation: recipe.accumulation, binarizes: recipe.binarizesTargets,
      workers: images.workerCount, on: device)
    let average = recipe.emaDecay > 0 ? EMA(model.parameters, decay: recipe.emaDecay) : nil
    let evaluator = data.validation.map {
      VisionEvaluator(
        model.task, $0, recipe.evaluationPipeline, batchSize: recipe.evalBatchSize, workers: images.workerCount,
        maxBroken: images.maxBroken, on: device)
    }
    let masking = options.analyze ? MethodChoice.analyzed(method, basis, selection: recipe.masking) : nil
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
      count: source.count, batchSize: recipe.batchSize / recipe.accumulation, seed: machine.seed,
      repeats: recipe.repeats)
    guard sampler.batchesPerEpoch >= recipe.accumulation else {
      throw InputError(
        "the \(sampler.epochCount) training images make no update of \(recipe.batchSize)", at: "--set batch_size",
        cure: "give a smaller batch_size", isUsage: true)
    }
    return ImageBatches(
      source: source, sampler: sampler, pipeline: try recipe.trainingPipeline(), mixing: recipe.mixing,
      broken: BrokenImages(limit: images.maxBroken))
  }

  /// A large recipe on the few embedded images: batches that they can fill.
  private func fit(_ recipe: inout VisionRecipe, to count: Int) throws {
    let isGiven = options.settings.contains { $0.key == "batch_size" || $0.key == "accumulation" }
    guard recipe.batchSize > count / recipe.repeats, !isGiven else { return }
    (recipe.batchSize, recipe.accumulation) = (min(64, count), 1)
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

extension VisionRecipe {
  /// The recipe of a name from the command line; a mistyped one is suggested.
  static func asked(_ name: String) throws -> VisionRecipe {
    guard !book.contains(where: { $0.recipe.name == name }),
      let nearest = Suggestion.nearest(to: name, in: book.map(\.recipe.name))
    else { return try named(name) }
    throw InputError(
      "there is no vision recipe '\(name)'", at: "--recipe", cure: "did you mean '\(nearest)'?", isUsage: true)
  }
}
