import SubCore
import SubData
import SubTrain
import VisionSub

/// What `train` and `finetune` share.
struct VisionRunCommand {
  /// `train` or `finetune`.
  let command: String
  /// The recipe's name; nil: what follows from the weights, or the embedded default.
  let recipe: String?
  /// Whether this command line names it, not an earlier one that it goes on from.
  let isRecipeGiven: Bool
  /// The weights to start from.
  let from: String?
  /// What settles what they do not tell.
  var hints = WeightHints()
  /// The file with the rows of their head.
  var headMap: String?
  let images: VisionOptions
  let table: TableOptions
  let samples: SplitOptions
  let freeze: FreezeOptions
  let method: MethodOptions
  let recipeOptions: RecipeOptions<VisionRecipe>
  let options: RunOptions
  let machine: MachineOptions

  func run(in context: ToolContext) throws {
    let settings = try options.settings(on: machine, workers: images.reading.workers, ranks: context.ranks)
    let begun = try options.begun(command)
    let source = try from.map { try VisionFolder($0, hints) }
    var recipe = try recipe(source, begun, context)
    let data = try VisionData(
      images.data ?? context.home.file("datasets/shapes"), validation: images.validation,
      order: images.reading.classOrder,
      columns: table.columns(image: images.reading.image), split: samples.split(standard: 0))
    if images.data == nil, begun == nil { try fit(&recipe, to: data.train.count) }
    if begun == nil, images.data == nil || source == nil && self.recipe == nil {
      try context.console.print(note(recipe, isEmbedded: images.data == nil))
    }
    let model = try VisionRunModel(
      recipe, from: source, headMap: headMap.map { try HeadMap($0) }, freezing: freeze.freezing,
      classNames: data.classNames, settings)
    var run = try VisionRun(
      recipe, on: data, model, method: method.choice, classWeights: samples.weights, settings,
      maxBroken: images.reading.maxBroken)
    run.command = command
    run.configuration["data"] = .string(images.data ?? "datasets/shapes")
    run.configuration["table"] = try table.columns(image: images.reading.image)?.json ?? .null
    run.configuration["split"] = .object(samples.split(standard: 0).json)
    run.configuration["freeze"] = freeze.json
    for (key, place) in [("validation", images.validation), ("from", from), ("head_map", headMap)] {
      run.configuration[key] = place.map { .string($0) } ?? .null
    }
    run.isDemonstration = try recipeOptions.isDemonstration(images.data == nil, of: begun)
    try context.train(run, options) { folder in
      if images.data == nil { try writePredictions(run.subject, data.classNames, to: folder, in: context) }
    }
  }

  /// The recipe: that of an earlier run, the one that is named, what follows from the weights, or the small one; with what
  /// this command line says of it.
  private func recipe(
    _ source: VisionFolder?, _ begun: BegunRun?, _ context: ToolContext
  ) throws -> VisionRecipe {
    if let own = begun?.json["recipe"]?["name"]?.string, isRecipeGiven, let recipe, recipe != own {
      throw InputError(
        "the run's recipe is \(own)", at: "--recipe \(recipe)",
        cure: "leave it out, or begin a run without --resume and --config", isUsage: true)
    }
    let small = try VisionRecipe.named(VisionModality.smallRecipe)
    let given = try recipe.map { try VisionRecipe.named($0) }
    if begun == nil, let source {
      return try source.recipe(
        given, with: recipeOptions.given(), scalesRate: recipeOptions.isScaling, note: context.console.note)
    }
    return try recipeOptions.recipe(given ?? small, of: begun, note: context.console.note)
  }

  /// A large recipe on the few embedded images: batches that they can fill, several in the time of a demonstration.
  private func fit(_ recipe: inout VisionRecipe, to count: Int) throws {
    let isGiven = try recipeOptions.given().contains {
      (try? VisionRecipe.table.row($0.key).key) == "loop.batch_size"
    }
    guard recipe.loop.batchSize > count / recipe.augment.repeats, !isGiven else { return }
    recipe.loop.batchSize = min(16, count)
  }

  /// A picture of test images with what the trained model says of them.
  private func writePredictions(
    _ training: VisionTraining, _ names: [String], to folder: RunFolder, in context: ToolContext
  ) throws {
    let predictions = try training.predictions(of: 24)
    guard let side = predictions.first?.image.width else { return }
    var sheet = PictureSheet(columns: 6, side: side)
    sheet.title = "\(predictions.count) test images, and what the model says of them (red: wrong)"
    for prediction in predictions {
      let share = Int((prediction.probabilities[prediction.best] * 100).rounded())
      let right = prediction.best == prediction.label
      sheet.add(
        prediction.image,
        caption: "\(names[prediction.best]) \(share)%" + (right ? "" : ", is \(names[prediction.label])"),
        colour: right ? Canvas.black : Canvas.red)
    }
    try context.write(
      sheet, "predictions.png", to: folder, saying: "\(predictions.count) test images with what the model says of them")
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
