import SubTrain
import VisionSub

/// `finetune`: trains a pretrained vision model on.
struct FinetuneCommand: RankedCommand {
  static let name = "finetune"
  static let summary = "fine-tunes a pretrained vision model"
  static let discussion =
    "Weights of MAE, BEiT v2, CLIP, DeiT-III, timm's ViTs, Swin and ResNet are recognised from their names and shapes, "
    + "and the recipe follows from them unless one is given. How images are prepared is taken from what lies beside the "
    + "weights (timm's config.json, preprocessor_config.json, processor_config.json, open_clip_config.json) unless an "
    + "option says otherwise. Positions are fitted to the image size, a head of other classes starts anew unless --head-map names its rows. "
    + "Checkpoints keep the names of the source. Without --data the run is a demonstration on the images in "
    + "datasets/shapes, of about two minutes. scripts/fetch-weights gets official weights."
  static let example = "masksub finetune --from mae_pretrain_vit_base.pth --data imagenet"
  static let section = CommandSection.train

  @Option(
    "--from", value: "FILE", default: "a small new ViT", "the weights: safetensors, .npz, .pth, a folder, or a run")
  var from: String?
  @Option("--recipe", value: "NAME", default: "what follows from the weights", "the recipe") var recipe: String?
  @Option(
    "--head-map", value: "FILE", default: "a head of other classes starts anew",
    "a row of the weights' head for every class, one a line")
  var headMap: String?
  var probe = ProbeOptions()
  var weights = WeightOptions()
  var network = NetworkOptions()
  var images = VisionOptions()
  var table = TableOptions()
  var samples = SplitOptions()
  var freeze = FreezeOptions()
  var methodOptions = MethodOptions()
  var recipeOptions = RecipeOptions<VisionRecipe>()
  var runOptions = RunOptions()
  var machine = MachineOptions()
  var ranks = RankOptions()
  var inputOptions = InputOptions()

  func run(in context: ToolContext) throws {
    if probe.isOn { return try fitClassifier(in: context) }
    try VisionRunCommand(
      command: Self.name, recipe: recipe, isRecipeGiven: $recipe.isGiven, from: from, hints: hints,
      headMap: headMap, images: images, table: table, samples: samples, freeze: freeze, method: methodOptions,
      recipeOptions: recipeOptions, options: runOptions, machine: machine
    ).run(in: context)
  }

  /// What the options say of the weights.
  var hints: WeightHints { weights.hints(nil, nil, network) }

  /// The linear probe. What a vision transformer's classifier reads may be told.
  private func fitClassifier(in context: ToolContext) throws {
    try refuseTraining(["--recipe", "--head-map"], butFor: "--readout")
    let settings = RunSettings(
      seed: runOptions.seed, device: try machine.select(), precision: machine.precision, workers: images.reading.workers
    )
    var hints = hints
    hints.readout = try recipeOptions.given().last?.value
    try ProbeCommand(command: Self.name, from: from, options: probe, run: runOptions)(in: context) { from in
      let data = try VisionData(
        images.data ?? context.home.file("datasets/shapes"), validation: images.validation,
        order: images.reading.classOrder,
        columns: table.columns(image: images.reading.image), split: samples.split(standard: 0))
      if images.data == nil { try context.sayEmbedded("images of datasets/shapes", option: "--data DIR") }
      return try VisionProbe(VisionFolder(from, hints), on: data, maxBroken: images.reading.maxBroken, settings)
    }
  }
}
