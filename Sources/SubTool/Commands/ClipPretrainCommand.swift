import ClipSub
import SubCore
import SubData
import SubNN
import SubTrain

/// `clip-pretrain`: contrastive pretraining.
package struct ClipPretrainCommand: Command {
  package static let name = "clip-pretrain"
  package static let summary = "trains a CLIP on images with captions"
  package static let discussion =
    "Without --data the drawn captions in datasets/captions are used, and without --model a small CLIP is trained on "
    + "them, in about two minutes on two cores."
  package static let example = "masksub clip-pretrain --data 'cc3m/{00000..00331}.tar' --model ViT-B-32"
  package static let section = CommandSection.train

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
  @Option("--vocab", value: "FILE", default: "that of the weights or the data, else CLIP's own", "a merges file")
  var vocabulary: String?
  var captionOptions = CaptionDataOptions()
  var zeroShot = ZeroShotOptions()
  var methodOptions = MethodOptions()
  var runOptions = RunOptions()
  var machine = MachineOptions()

  package init() {}

  package func run(in context: ToolContext) throws {
    let device = try machine.select()
    let embedded = data == nil ? try EmbeddedCaptions(context) : nil
    let isSmall = data == nil && model == nil && from == nil
    let recipe = try (isSmall ? ClipRecipe.fromScratch : ClipRecipe()).with(
      runOptions.settingPairs, note: context.console.note)
    let set = try CaptionSet(data ?? embedded!.train, options: captionOptions.options(isTraining: true))
    guard recipe.data.resamples || captionOptions.factors == nil else {
      throw InputError(
        "every pair comes once an epoch unless shards are resampled", at: "--train-data-upsampling-factors",
        cure: "add --set resamples=true, or leave the factors out", isUsage: true)
    }
    let validationSet = try (validation ?? embedded?.validation).map {
      try ZeroShotData($0, captionOptions.options(isTraining: false))
    }
    let name = model ?? (data != nil && from == nil ? "ViT-B-32" : nil)
    let clip = try ClipModel(
      from: from, name: name, vocabulary: vocabulary,
      standard: { try embedded?.merges ?? ClipModel.standardVocabulary(context) }, seed: machine.seed, on: device)
    if let embedded, isSmall {
      try context.console.print(
        "using a small CLIP and the captions of \(embedded.train); a real run: --data 'SHARDS' --model ViT-B-32 "
          + "(scripts/fetch-clip-vocabulary.sh gets CLIP's tokenizer)")
    } else if let embedded {
      try context.console.print("using the captions of \(embedded.train); a real run: --data 'SHARDS'")
    }
    let source = try CaptionSource(
      set, order: CaptionOrder(seed: machine.seed, resamples: recipe.data.resamples, buffer: recipe.data.shuffleBuffer),
      tokenizer: clip.tokenizer, pipeline: .clipTraining(size: clip.config.image.size),
      batchSize: recipe.loop.batchSize,
      contextLength: clip.config.text.contextLength, samplesPerEpoch: recipe.data.samplesPerEpoch, seed: machine.seed,
      threads: Processor.threads, on: device)
    let evaluation = try validationSet.map { set in
      try ZeroShotEvaluation(
        clip, on: set, classes: zeroShot.classNames(embedded: embedded?.classes),
        classesPlace: zeroShot.classes.map { "--classes \($0)" } ?? "--val \(validation ?? "")",
        templates: zeroShot.promptTemplates(embedded: embedded?.templates), batchSize: recipe.loop.evalBatchSize,
        device: device)
    }
    try train(clip, source, evaluation, recipe, context)
  }

  private func train(
    _ clip: ClipModel, _ source: CaptionSource, _ evaluation: ZeroShotEvaluation?, _ recipe: ClipRecipe,
    _ context: ToolContext
  ) throws {
    let basis = RatioBasis(recipe.method)
    let method = try methodOptions.choice.resolved(basis, selection: recipe.method.masking)
    try method.check(patches: clip.config.image.patches, at: "--ratio")
    let masking = runOptions.analyze ? MethodChoice.analyzed(method, basis, selection: recipe.method.masking) : nil
    if let masking { try Masking.check(ratio: masking.ratio, patches: clip.config.image.patches, at: "--analyze") }
    if !runOptions.resume { try source.check() }
    let run = try TrainingRun(
      Self.name, task: recipe.name, method: method, recipe, seed: machine.seed, runOptions,
      [
        "data": data.map { .string($0) } ?? .null, "val": validation.map { .string($0) } ?? .null,
        "from": from.map { .string($0) } ?? .null, "captions": try captionOptions.options(isTraining: true).json,
        "vocab": vocabulary.map { .string($0) } ?? .null, "model": clip.config.json,
      ], in: context)
    let perEpoch = source.batchesPerEpoch
    var loop = run.loop(recipe, stepsPerEpoch: perEpoch, bestMetric: "zeroshot_top1")
    // The task itself lets a batch pass in parts: a contrastive loss is that of the whole.
    loop.accumulation = 1
    let rates = recipe.rates(stepsPerEpoch: perEpoch)
    let optimizer = recipe.optimizer.make(clip.parameters, recipe.groups(clip.parameters))
    let training = ClipTraining(
      clip, pieces: recipe.loop.accumulation, on: source, evaluating: evaluation, masking: masking)
    if rates.warmup >= loop.totalSteps, rates.warmup > 0 {
      context.console.note(
        "warm-up takes \(rates.warmup) steps, the run has \(loop.totalSteps): the learning rate will not reach "
          + "\(rates.peak); --set warmup_steps=N shortens it")
    }
    try run.train(
      training, optimizer: optimizer, schedule: rates.rate(at:), loop,
      announcing: "\(clip.parameters.count) weights, \(perEpoch) batches of \(recipe.loop.batchSize) an epoch",
      details: clip.details
    ) {
      if let skipped = source.faults?.summary, !skipped.isEmpty { context.console.note("skipped: \(skipped)") }
    }
  }
}
