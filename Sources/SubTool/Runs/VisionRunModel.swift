import SubCore
import SubData
import SubNN
import SubTrain
import VisionSub

/// The network of a vision run, new or from files, and how it is written.
struct VisionRunModel {
  let config: any VisionConfiguration
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
  private let names: WeightNames

  init(
    _ recipe: VisionRecipe, _ source: VisionFolder?, classNames: [String], seed: Int, on device: Device
  ) throws {
    (self.recipe, self.classNames) = (recipe, classNames)
    config = try recipe.configuration(classes: classNames.count, from: source?.configuration(for: recipe))
    variant = source == nil ? recipe.model.name : source?.variant
    let model = config.makeModel()
    if recipe.model.freezesPatches { model.freezePatchEmbedding() }
    task = ImageClassification(model, objective: recipe.objective)
    parameters = ParameterSet(model, on: device, key: nil)
    let key = RandomKey(seed: seed).fold("weights")
    if let source {
      let report = try source.load(into: parameters, of: config, startingFrom: key)
      names = report.names
      description = "\(config.summary), \(source.weights.title)"
      details = report.details
    } else {
      parameters.start(from: key, config.published)
      (names, description, details) = (WeightNames(config.published), recipe.model.name, [])
    }
  }

  /// Weights in the naming of their source and a configuration: a folder that `--from` takes.
  func write(to folder: String) throws {
    try VisionFolder.write(
      to: folder, parameters, config, recipe: recipe, variant: variant, classNames: classNames, names: names)
  }

  /// Puts the weights of such a folder back.
  func read(from folder: String) throws {
    let report = try VisionFolder(folder).load(into: parameters, of: config, startingFrom: RandomKey(seed: 0))
    guard report.made.isEmpty else {
      throw InputError(
        "the checkpoint lacks \(report.made.joined(separator: ", "))",
        at: folder, cure: "resume with the command line that began the run")
    }
  }
}
