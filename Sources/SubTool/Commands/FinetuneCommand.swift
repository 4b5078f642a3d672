import SubTrain
import VisionSub

/// `finetune`: trains a pretrained vision model on.
package struct FinetuneCommand: Command {
  package static let name = "finetune"
  package static let summary = "fine-tunes a pretrained vision model"
  package static let discussion =
    "Weights of MAE, BEiT v2, CLIP, DeiT-III, timm's ViTs, Swin and ResNet are recognised from their names and shapes, "
    + "and the recipe follows from them unless one is given. How images are prepared is taken from what lies beside the "
    + "weights (timm's config.json, preprocessor_config.json, open_clip_config.json) unless an option says otherwise. "
    + "Positions are fitted to the image size, a head of other classes starts anew unless --head-map names its rows. "
    + "Checkpoints keep the names of the source."
  package static let example = "masksub finetune --from mae_pretrain_vit_base.pth --data imagenet"
  package static let section = CommandSection.train

  @Option(
    "--from", value: "FILE", default: "a small new ViT", "the weights: safetensors, .npz, .pth, a folder, or a run")
  var from: String?
  @Option("--recipe", value: "NAME", default: "what follows from the weights", "the recipe") var recipe: String?
  @Option(
    "--head-map", value: "FILE", default: "a head of other classes starts anew",
    "a row of the weights' head for every class, one a line")
  var headMap: String?
  var weights = WeightOptions()
  var images = VisionOptions()
  var methodOptions = MethodOptions()
  var recipeOptions = RecipeOptions<VisionRecipe>()
  var runOptions = RunOptions()
  var machine = MachineOptions()
  var inputOptions = InputOptions()

  package init() {}

  package func run(in context: ToolContext) throws {
    try VisionRunCommand(
      command: Self.name, recipe: recipe, isRecipeGiven: $recipe.isGiven, from: from, hints: weights.hints,
      headMap: headMap, images: images, method: methodOptions, recipeOptions: recipeOptions, options: runOptions,
      machine: machine
    ).run(in: context)
  }
}
