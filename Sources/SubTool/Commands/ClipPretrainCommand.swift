import ClipSub
import SubCore
import SubData
import SubTrain
import VisionSub

/// `clip-pretrain`: contrastive pretraining.
struct ClipPretrainCommand: RankedCommand {
  static let name = "clip-pretrain"
  static let summary = "trains a CLIP on images with captions"
  static let discussion =
    "Without --data the drawn captions in datasets/captions are used, and without --model a small CLIP is trained on "
    + "them, in about two minutes on two cores; another model is cut to a demonstration of as long."
  static let example = "masksub clip-pretrain --data 'cc3m/{00000..00331}.tar' --model ViT-B-32"
  static let section = CommandSection.train

  @Option(
    "--data", value: "SHARDS|CSV|DIR", default: "datasets/captions",
    "WebDataset shards with brace ranges, several sources joined by ::, a CSV or TSV file, or a folder")
  var data: String?
  @Option(
    "--val", value: "SHARDS|CSV|DIR", default: "none, or the embedded one",
    "pairs or class folders to evaluate on after every epoch (evaluate_every)")
  var validation: String?
  @Option(
    "--model", value: "NAME|FILE", default: "a small CLIP; with --data ViT-B-32", "an open_clip name or JSON file")
  var model: String?
  @Option("--from", value: "MODEL", default: "new weights", "weights to start from: a file, a folder or a run")
  var from: String?
  var clipOptions = ClipOptions(standard: "that of the weights or the data, else CLIP's own")
  var weights = WeightOptions()
  var lock = LockOptions()
  var freeze = FreezeOptions()
  var captionOptions = CaptionDataOptions()
  var zeroShot = ZeroShotOptions()
  @Option("--workers", in: 0...256, default: "as many as --threads", "threads that prepare images") var workers: Int?
  var methodOptions = MethodOptions()
  var recipeOptions = RecipeOptions<ClipRecipe>()
  var runOptions = RunOptions()
  var machine = MachineOptions()
  var ranks = RankOptions()
  var inputOptions = InputOptions()

  func run(in context: ToolContext) throws {
    let settings = try runOptions.settings(on: machine, workers: workers, ranks: context.ranks)
    let begun = try runOptions.begun(Self.name)
    let embedded = data == nil ? try EmbeddedCaptions(context) : nil
    let isSmall = data == nil && model == nil && from == nil
    let recipe = try recipeOptions.recipe(
      isSmall ? ClipRecipe.fromScratch : ClipRecipe(), of: begun, note: context.console.note)
    let set = try CaptionSet(data ?? embedded!.train, options: captionOptions.options(isTraining: true))
    guard recipe.data.resamples || captionOptions.factors == nil else {
      throw InputError(
        "every pair comes once an epoch unless shards are resampled", at: "--train-data-upsampling-factors",
        cure: "add --resamples, or leave the factors out", isUsage: true)
    }
    let validationSet = try (validation ?? embedded?.validation).map {
      try ZeroShotData($0, captionOptions.options(isTraining: false))
    }
    let captions = if case .captions(let pairs)? = validationSet { [set, pairs] } else { [set] }
    for note in captionOptions.idle(for: captions) { context.console.note(note) }
    let name = model ?? (data != nil && from == nil ? "ViT-B-32" : nil)
    let clip = try ClipModelChoice(
      from: from, name: name, vocabulary: clipOptions.vocabulary, hints: weights.hints(nil, clipOptions),
      sizes: recipe.model, begunVocabulary: begun.flatMap(Self.vocabulary), locking: try lock.lock,
      freezing: freeze.freezing
    ).model(settings) { try embedded?.merges ?? ClipModelChoice.standardVocabulary(context) }
    if let embedded, isSmall {
      try context.console.print(
        "using a small CLIP and the captions of \(embedded.train); a real run: --data 'SHARDS' --model ViT-B-32 "
          + "(scripts/fetch-clip-vocabulary.sh gets CLIP's tokenizer)")
    } else if let embedded {
      try context.console.print("using the captions of \(embedded.train); a real run: --data 'SHARDS'")
    }
    let evaluation = try validationSet.map { set in
      try ZeroShotEvaluation(
        clip, on: set,
        classes: zeroShot.classNames(embedded: embedded?.classes, of: set.classFolders, in: context),
        at: zeroShot.classes.map { "--classes \($0)" } ?? "--val \(validation ?? "")",
        templates: zeroShot.promptTemplates(embedded: embedded?.templates), batchSize: recipe.loop.evalBatchSize,
        sharedBy: settings.ranks)
    }
    for line in evaluation?.details ?? [] { context.console.note(line) }
    var run = try ClipRun(recipe, on: set, clip, evaluating: evaluation, method: methodOptions.choice, settings)
    for (key, place) in [("data", data), ("val", validation), ("from", from), ("vocab", clipOptions.vocabulary)] {
      run.configuration[key] = place.map { .string($0) } ?? .null
    }
    (run.configuration["freeze"], run.configuration["lock"]) = (freeze.json, lock.json)
    run.isDemonstration = try recipeOptions.isDemonstration(embedded != nil && !isSmall, of: begun)
    try context.train(run, runOptions) { folder in
      guard data == nil, case .captions(let pairs)? = validationSet else { return }
      try writeCaptions(of: clip, pairs, to: folder, in: context)
    }
  }

  /// Token ids of the model of a run that goes on.
  private static func vocabulary(_ begun: BegunRun) -> Int? {
    begun.goesOn ? begun.json["model"]?["model_cfg"]?["text_cfg"]?["vocab_size"]?.int : nil
  }

  /// A picture of evaluated images with the captions that the trained model finds for them.
  private func writeCaptions(
    of clip: ClipRunModel, _ pairs: CaptionSet, to folder: RunFolder, in context: ToolContext
  ) throws {
    let (found, count) = try clip.captions(nearest: 1, toSome: 24, of: pairs)
    guard let side = found.first?.image.width else { return }
    var sheet = PictureSheet(columns: 6, side: side)
    sheet.title =
      "\(found.count) images, and which of \(count) captions the model finds for them (red: not the image's own)"
    for entry in found {
      let best = entry.found.first ?? ""
      sheet.add(entry.image, caption: best, colour: best == entry.own ? Canvas.black : Canvas.red)
    }
    try context.write(
      sheet, "captions.png", to: folder, saying: "\(found.count) images with the captions found for them")
  }
}
