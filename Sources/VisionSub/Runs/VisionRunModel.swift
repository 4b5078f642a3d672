public import SubCore
import SubNN
public import SubTrain

/// The network of a vision run, new or from files, and how it is written.
public struct VisionRunModel {
  /// The network.
  public let config: any VisionConfiguration
  /// What is trained, or evaluated.
  public let task: ImageClassification
  /// Its weights.
  public let parameters: ParameterSet
  /// The timm name, where there is one.
  public let variant: String?
  /// The model in words, with what was loaded.
  public let description: String
  /// Which tensors were resized, newly made or not used.
  public let details: [String]
  /// Whether it does not come from files.
  public let isNew: Bool
  /// The recipe that it was made for.
  public let recipe: VisionRecipe
  private let classNames: [String]
  private let names: WeightNames

  /// The network that a recipe trains on images of some classes: a new one, or that of `source`. What its weights do not
  /// give is started anew; a head of other classes too, unless `headMap` takes rows of it. What `freezing` names stays as it
  /// is.
  public init(
    _ recipe: VisionRecipe, from source: VisionFolder? = nil, headMap: HeadMap? = nil, freezing: Freezing = Freezing(),
    classNames: [String], _ settings: RunSettings = RunSettings()
  ) throws {
    (self.recipe, self.classNames, isNew) = (recipe, classNames, source == nil)
    config = try recipe.configuration(classes: classNames.count, from: source?.configuration(for: recipe))
    variant = source == nil ? (recipe.model.sizes.isEmpty ? recipe.model.name : nil) : source?.variant
    let model = config.makeModel()
    if recipe.model.freezesPatches { model.freezePatchEmbedding() }
    let published = config.published
    let frozen = try freezing.apply(to: model) { name in
      [published.names(of: name)] + (source.map { [$0.weights.fileNames(of: name)] } ?? [])
    }
    task = ImageClassification(model, objective: recipe.objective)
    parameters = ParameterSet(model, precision: settings.precision, on: settings.device, key: nil)
    let key = RandomKey(seed: settings.seed).fold("weights")
    if let source {
      let report = try source.load(
        into: parameters, of: config, startingFrom: key, isTraining: true, headMap: headMap)
      names = report.names
      try Freezing.check(parameters, made: report.made, by: names)
      description = "\(source.summary(config)), \(source.weights.title)"
      let head = try source.headRows
      details =
        report.details + Self.remarks(on: config) + (headMap == nil ? Self.remarks(head, config.classes) : [])
        + source.remarks(isTraining: true, keepsHead: headMap != nil || head == config.classes)
        + [source.trainingPreparationLine(recipe)] + [frozen].compactMap(\.self)
    } else {
      parameters.start(from: key, config.published)
      (names, description) = (WeightNames(config.published), variant ?? config.summary)
      details = Self.remarks(on: config) + [frozen].compactMap(\.self)
    }
  }

  /// The network of `source` as it is evaluated, with a new classifier for some classes.
  init(probing source: VisionFolder, classNames: [String], _ settings: RunSettings) throws {
    recipe = try source.evaluationRecipe()
    var config = source.configuration
    config.classes = classNames.count
    (self.config, self.classNames, variant, isNew) = (config, classNames, source.variant, false)
    task = ImageClassification(config.makeModel(), objective: recipe.objective)
    parameters = ParameterSet(task.model, precision: settings.precision, on: settings.device, key: nil)
    let report = try source.load(
      into: parameters, of: config, startingFrom: RandomKey(seed: settings.seed), isTraining: false)
    names = report.names
    description = "\(source.summary(config)), \(source.weights.title)"
    details = report.details + source.remarks() + [source.preparationLine(recipe)]
  }

  /// What is said of a head of other classes.
  private static func remarks(_ head: Int?, _ classes: Int) -> [String] {
    guard let head, head != classes else { return [] }
    return ["the head of \(head) classes is left out, a new one of \(classes) begins (--head-map FILE takes its rows)"]
  }

  /// What is said of images that patches do not fill: they are cut as timm and torch cut them.
  private static func remarks(on config: any VisionConfiguration) -> [String] {
    guard let config = config as? VisionTransformerConfig, config.imageSize % config.patchSize > 0 else { return [] }
    return [
      "image_size \(config.imageSize) is no multiple of the patches' \(config.patchSize): the last "
        + "\(config.imageSize % config.patchSize) rows and columns of pixels are not seen"
    ]
  }

  /// Weights in the naming of their source and a configuration: a folder that `--from` takes.
  public func write(to folder: String) throws {
    try VisionFolder.write(
      to: folder, parameters, config, recipe: recipe, variant: variant, classNames: classNames, names: names)
  }

  /// Puts the weights of such a folder back.
  public func read(from folder: String) throws {
    let report = try VisionFolder(folder).load(into: parameters, of: config, startingFrom: RandomKey(seed: 0))
    guard report.made.isEmpty else {
      throw InputError(
        "the checkpoint lacks \(report.made.joined(separator: ", "))",
        at: folder, cure: "resume with the command line that began the run")
    }
  }
}
