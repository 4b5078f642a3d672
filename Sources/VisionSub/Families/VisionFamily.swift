public import SubData
public import SubTrain

/// A family of networks that classify images: a folder under `Families/` and a line in `VisionFamilies.all`.
public protocol VisionFamily: ModelFamily {
  /// What a run's `config.json` calls its configuration: `vision_transformer`.
  var key: String { get }
  /// The sizes by timm's names, 1000 classes each.
  var variants: [(name: String, configuration: any VisionConfiguration)] { get }
  /// The network that timm calls so, with whatever tag behind the name; nil where the family has none of that name.
  func configuration(named name: String) -> (any VisionConfiguration)?
  /// The arguments of timm's networks that the family understands.
  var timmArguments: TimmArguments { get }
  /// What a recognised file, and what lies beside it, say of the model; `variant` settles what they leave open.
  func recognised(
    _ weights: Weights, like variant: (any VisionConfiguration)?, beside notes: ModelNotes
  ) throws -> RecognisedModel
  /// A configuration that was written as JSON. Throws where it is none.
  func configuration(_ json: JSON) throws -> any VisionConfiguration
  /// What more than its sizes is said of a recognised model.
  func extras(of weights: Weights, _ configuration: any VisionConfiguration) -> [String]
  /// The name of the recipe that finetunes such a model.
  func recipe(following configuration: any VisionConfiguration) -> String
}

extension VisionFamily {
  public func extras(of weights: Weights, _ configuration: any VisionConfiguration) -> [String] { [] }

  public func summary(of weights: Weights) throws -> String {
    summary(of: weights, try recognised(weights, like: nil, beside: ModelNotes()))
  }

  public func summary(of weights: Weights, at path: String, _ hints: WeightHints) throws -> String {
    let folder = try VisionFolder(path, hints, families: [self])
    return summary(of: weights, RecognisedModel(folder.configuration, guesses: folder.guesses))
  }

  private func summary(of weights: Weights, _ model: RecognisedModel) -> String {
    let configuration = model.configuration
    let guess = model.guesses.contains(RecognisedModel.heads) ? ["how many heads is a guess"] : []
    let hasHead = weights.contains("\(configuration.head).weight")
    return
      ([configuration.summary] + guess + extras(of: weights, configuration)
      + [hasHead ? "\(configuration.classes) classes" : "no head"]).joined(separator: ", ")
  }

  public var timmArguments: TimmArguments { TimmArguments() }

  public func configuration(named name: String) -> (any VisionConfiguration)? {
    // `.mae`, `.fb_in1k`: a tag behind the name.
    variants.first { $0.name == name }?.configuration
      ?? variants.first { name.hasPrefix($0.name + ".") }?.configuration
  }

  public func configuration(_ json: JSON) throws -> any VisionConfiguration {
    func decode<Own: VisionConfiguration>(like known: Own) throws -> any VisionConfiguration {
      try json.decoded(as: Own.self)
    }
    return try decode(like: variants[0].configuration)
  }
}
