import SubCore
import SubData
public import SubTrain

/// A network that classifies images on disk: a weight file, a folder with `model.safetensors`, or a run of ours, which
/// stands for its newest checkpoint.
public struct VisionFolder: Sendable {
  /// The file or folder that was opened.
  public let path: String
  /// The weights, seen through the naming that was recognised.
  public let weights: Weights
  /// The model that was written; for files from elsewhere, what was recognised.
  public let configuration: any VisionConfiguration
  /// Fields of it that nothing tells.
  public let guesses: Set<String>
  /// The timm name, where it is known.
  public let variant: String?
  /// The classes in the order of the head's rows, where `config.json` names them.
  public let classNames: [String]?
  /// What these classes are called where they have other names than their folders.
  public let spokenClassNames: [String]?
  /// The recipe that trained it, where it was one of ours.
  public let recipe: VisionRecipe?
  /// How images are prepared for these weights, as far as what lies beside them says.
  public let preparation: ImagePreparation
  /// What has to be said of the weights: which were taken, what was left out.
  private let weightRemarks: [String]
  /// Keeps a running run from removing it.
  private let checkpoint: Checkpoint
  /// What the tensors alone say.
  let found: any VisionConfiguration
  /// The average of the weights, where the run kept one.
  let average: String?
  let hints: WeightHints

  /// Opens a file or folder. Throws an `InputError` where it holds no model of the families.
  ///
  /// - Parameter hints: what settles guesses, and which of several weights are meant.
  public init(
    _ from: String, _ hints: WeightHints = WeightHints(), families: [any VisionFamily] = VisionFamilies.all
  ) throws {
    var passed: [String] = []
    checkpoint = try Checkpoint.standing(for: FileSystem.trimmed(from)) { passed.append($0) }
    let path = checkpoint.path
    self.path = path
    let key = hints.key.flatMap { [checkpoint] in checkpoint.isOwnKey($0) ? nil : $0 }
    let source = try TensorFile.open(Companions.weightPlace(path), weights: key)
    let beside = Companions(of: path, source)
    let (family, weights) = try VisionFamilies.recognise(source, among: families)
    self.weights = weights

    let stored = try beside.json("config.json")
    // A run's own file may be called as one likes: its neighbour is known by the family's key.
    let description = stored?.json ?? beside.possibleJSON("config.json").flatMap { $0[family.key] == nil ? nil : $0 }
    let place = stored?.place ?? FileSystem.join(beside.folder, "config.json")
    let own = description?[family.key]
    let named = hints.architecture ?? description?["architecture"]?.string
    let openClip = try beside.json("open_clip_config.json")
    let notes =
      own == nil
      ? ModelNotes(huggingFace: description, openClip: openClip?.json, hints: hints) : ModelNotes(hints: hints)
    if own != nil, hints.architecture != nil {
      throw InputError(
        "a run's config.json says what network it is", at: "--architecture", cure: "leave the option out", isUsage: true
      )
    }
    var like = named.flatMap { VisionFamilies.configuration(named: $0, among: families) }
    variant = like == nil ? nil : named
    if own == nil, let arguments = description?["model_args"] {
      try family.timmArguments.check(arguments, at: place)
      like?.follow(timm: arguments)
    }
    let recognised = try family.recognised(weights, like: like, beside: notes)
    // Behind recognition: what tensors tell of a relative says more than that its name is not known.
    if own == nil, let named {
      let isUsage = hints.architecture != nil
      _ = try VisionFamilies.configuration(
        named: named, of: family, at: isUsage ? "--architecture" : place, isUsage: isUsage, among: families)
    }
    found = recognised.configuration
    var configuration = try own.map { try Self.written($0, family, like: recognised.configuration, at: place) } ?? found
    if let side = hints.imageSize {
      configuration.imageSize = side
      try configuration.validate(at: "--image-size")
    }
    self.configuration = configuration
    guesses = own == nil ? recognised.guesses : []
    let names = description.flatMap { Self.labelNames($0) }
    classNames = names?.count == found.classes ? names : nil
    let spoken = description.flatMap { Self.spokenNames($0) }
    spokenClassNames = spoken?.count == found.classes ? spoken : nil
    recipe = try own.flatMap { _ in description?["recipe"] }.map { stored in
      let known = stored["name"]?.string.flatMap { try? VisionRecipe.named($0) }
      return try (known ?? VisionRecipe.named("shapes-tiny")).restored(from: stored, at: place)
    }
    preparation = try ImagePreparation(beside, source, description: stored)
    average = recipe.map { $0.loop.emaDecay > 0 } ?? false ? checkpoint.averagePath : nil
    self.hints = hints
    weightRemarks = passed + source.remarks
  }

  /// timm's names of the classes.
  private static func labelNames(_ description: JSON) -> [String]? {
    (description["label_names"] ?? description["pretrained_cfg"]?["label_names"])?.array?.compactMap(\.string)
  }

  /// What a configuration calls the classes: timm's `label_descriptions` of its `label_names`, or these, or transformers'
  /// `id2label` unless it only counts.
  private static func spokenNames(_ description: JSON) -> [String]? {
    if let names = labelNames(description) {
      let spoken = description["label_descriptions"] ?? description["pretrained_cfg"]?["label_descriptions"]
      return names.map { spoken?[$0]?.string ?? $0 }
    }
    let names = description["id2label"]?.namesByNumber
    return names?.allSatisfy { $0.hasPrefix("LABEL_") } == true ? nil : names
  }

  /// The model from which a recipe's run starts: what nothing tells is as in the recipe's own model.
  public func configuration(for recipe: VisionRecipe) -> any VisionConfiguration {
    var configuration = configuration
    if let known = VisionFamilies.configuration(named: recipe.model.name) {
      configuration.settle(guesses, like: known)
    }
    return configuration
  }

  /// The model in words, which says of a guess that it is one.
  public var summary: String { summary(configuration) }

  /// The same of the model that a run makes of it.
  func summary(_ configuration: any VisionConfiguration) -> String {
    configuration.summary + (guesses.contains(RecognisedModel.heads) ? " (guessed)" : "")
  }

  /// What has to be said of the weights: which were taken, and what was guessed of them. A run decides some of that itself:
  /// the size of its images, and what its head reads unless it `keepsHead`.
  public func remarks(isTraining: Bool = false, keepsHead: Bool = true) -> [String] {
    let decided = Set(
      (isTraining ? [RecognisedModel.imageSize] : []) + (keepsHead ? [] : [RecognisedModel.readout]))
    let guessed = guesses.subtracting(decided).sorted().map { guess in
      (configuration.text(ofGuess: guess), RecognisedModel.options[guess] ?? guess)
    }
    let choice =
      average == nil || hints.key != nil
      ? nil
      : isTraining
        ? "the run's weights are trained on, not their average (--weights ema)"
        : "the average of the run's weights is evaluated (--weights model: the weights themselves)"
    return weightRemarks + [choice, WeightHints.line(guessed: guessed)].compactMap { $0 }
  }

  /// The written configuration; the sizes must be those of the tensors.
  private static func written(
    _ json: JSON, _ family: any VisionFamily, like found: any VisionConfiguration, at place: String
  ) throws -> any VisionConfiguration {
    guard let configuration = try? family.configuration(json) else {
      throw InputError("the model's description is incomplete", at: place, cure: "take config.json from the run again")
    }
    try configuration.validate(at: place)
    let (names, values) = (found.sizes.map(\.name), found.sizes.map(\.value))
    guard configuration.sizes.map(\.value) == values else {
      throw InputError(
        "\(names.joined(separator: ", ")) are \(configuration.sizes.map(\.value)), those of the tensors \(values)",
        at: place, cure: "keep config.json with the weights that it was written for")
    }
    return configuration
  }
}
