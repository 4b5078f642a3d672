import SubCore
import SubData
import SubNN
import SubTrain
import VisionSub

/// The network of a vision run, new or from files, and how it is written.
struct VisionRunModel {
  let config: VisionTransformerConfig
  let task: ImageClassification
  let parameters: ParameterSet
  /// The timm name, where there is one.
  let variant: String?
  /// The model in words, with what was loaded.
  let description: String
  /// Which tensors were resized, newly made or not used.
  let details: [String]
  private let recipe: VisionRecipe
  private let classNames: [String]
  private let naming: VisionFileNames

  init(
    _ recipe: VisionRecipe, _ source: VisionFolder?, classNames: [String], seed: Int, on device: Device
  ) throws {
    (self.recipe, self.classNames) = (recipe, classNames)
    config = try recipe.configuration(classes: classNames.count, from: source?.config(for: recipe))
    variant = source == nil ? recipe.model.name : source?.variant
    let model = VisionTransformer(config)
    if recipe.model.freezesPatches { model.freezePatchEmbedding() }
    task = ImageClassification(model, objective: recipe.objective)
    parameters = ParameterSet(model.namedParameters(), on: device, key: RandomKey(seed: seed).fold("weights"))
    naming = VisionFileNames(source?.checkpoint)
    if let source {
      let report = try source.checkpoint.load(into: parameters, of: model)
      description = source.checkpoint.description
      details = report.details + (config.hasPreNorm ? [config.usesQuickGELU ? "QuickGELU" : "GELU"] : [])
    } else {
      (description, details) = (recipe.model.name, [])
    }
  }

  /// Weights in the naming of their source and a configuration: a folder that `--from` takes.
  func write(to folder: String) throws {
    try VisionFolder.write(
      to: folder, parameters, config: config, recipe: recipe, variant: variant, classNames: classNames, naming: naming)
  }

  /// Puts the weights of such a folder back.
  func read(from folder: String) throws {
    guard let model = task.model as? VisionTransformer else { preconditionFailure("VisionRunModel: no transformer") }
    let report = try VisionFolder(folder).checkpoint.load(into: parameters, of: model)
    guard report.loaded.count == parameters.parameters.count else {
      throw InputError(
        "the checkpoint holds \(report.loaded.count) of \(parameters.parameters.count) parameters of this model",
        at: folder, cure: "resume with the command line that began the run")
    }
  }
}
