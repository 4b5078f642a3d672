import VisionSub

/// `train`: trains a vision model from scratch.
struct TrainCommand: RankedCommand {
  static let name = "train"
  static let summary = "trains a vision model from scratch by a recipe"
  static let discussion =
    "Without --data the images in datasets/shapes are used, without --recipe shapes-tiny: together about a minute on "
    + "two cores. masksub recipes lists the others, which without --data are demonstrations of about two minutes."
  static let example = "masksub train --recipe deit3-s-400 --data imagenet --output runs/deit3-s"
  static let section = CommandSection.train

  @Option("--recipe", value: "NAME", default: "shapes-tiny", "the recipe") var recipe: String?
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
    try VisionRunCommand(
      command: Self.name, recipe: recipe, isRecipeGiven: $recipe.isGiven, from: nil, images: images, table: table,
      samples: samples, freeze: freeze, method: methodOptions, recipeOptions: recipeOptions, options: runOptions,
      machine: machine
    ).run(in: context)
  }
}
