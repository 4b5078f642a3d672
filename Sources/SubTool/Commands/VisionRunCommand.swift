import SubCore
import SubData
import SubNN
import SubTrain
import VisionSub

/// What `train` and `finetune` share.
struct VisionRunCommand {
  /// `train` or `finetune`.
  let command: String
  /// The recipe's name; nil: what follows from the weights, or the embedded default.
  let recipe: String?
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
  let options: RunOptions
  let machine: MachineOptions

  func run(in context: ToolContext) throws {
    let settings = try options.settings(on: machine, workers: images.workers)
    // What is to be resumed must be there before anything else is asked for.
    if options.resume { _ = try RunFolder.open(output: options.output, resume: true, command: command) }
    let source = try from.map { try VisionFolder($0, hints) }
    let given = try recipe.map { try VisionRecipe.named($0) }
    var recipe =
      try source?.recipe(given, with: options.settingPairs, note: context.console.note)
      ?? (given ?? VisionRecipe.named("shapes-tiny")).with(options.settingPairs, note: context.console.note)
    let data = try VisionData(
      images.data ?? context.home.file("datasets/shapes"), validation: images.validation, order: images.classOrder,
      columns: table.columns(image: images.image), split: samples.split(standard: 0))
    if images.data == nil { try fit(&recipe, to: data.train.count) }
    if images.data == nil || source == nil && given == nil {
      try context.console.print(note(recipe, isEmbedded: images.data == nil))
    }
    let model = try VisionRunModel(
      recipe, from: source, headMap: headMap.map { try HeadMap($0) }, freezing: freeze.freezing,
      classNames: data.classNames, settings)
    var run = try VisionRun(
      recipe, on: data, model, method: method.choice, classWeights: samples.weights, settings,
      maxBroken: images.maxBroken)
    run.command = command
    run.configuration["data"] = .string(images.data ?? "datasets/shapes")
    run.configuration["table"] = try table.columns(image: images.image)?.json ?? .null
    run.configuration["split"] = samples.json
    run.configuration["freeze"] = freeze.json
    for (key, place) in [("validation", images.validation), ("from", from), ("head_map", headMap)] {
      run.configuration[key] = place.map { .string($0) } ?? .null
    }
    try context.train(run, options)
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
