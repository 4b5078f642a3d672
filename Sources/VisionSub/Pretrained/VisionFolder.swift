import Foundation
public import SubCore
import SubData
import SubNN
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
  /// The recipe that trained it, where it was one of ours.
  public let recipe: VisionRecipe?
  /// What the tensors alone say.
  private let found: any VisionConfiguration

  /// Opens a file or folder. Throws an `InputError` where it holds no model of the families.
  public init(_ from: String, families: [any VisionFamily] = VisionFamilies.all) throws {
    let path = try Checkpoint.path(of: FileSystem.trimmed(from))
    self.path = path
    let isFolder = FileSystem.kind(path) == .folder
    let folder = isFolder ? path : FileSystem.parent(path)
    let place = FileSystem.join(folder, "config.json")
    let description = try Self.json(place, mayBeForeign: !isFolder)
    // open_clip's folders name their weights in their own way.
    let clipNames = ["open_clip_model.safetensors", "open_clip_pytorch_model.bin"].map { FileSystem.join(path, $0) }
    let source = try TensorFile.open(clipNames.first { FileSystem.kind($0) == .file } ?? path)
    let (family, weights) = try VisionFamilies.recognise(source, among: families)
    self.weights = weights

    let own = description?[family.key]
    let named = description?["architecture"]?.string.flatMap { name in
      VisionFamilies.configuration(named: name, among: families) == nil ? nil : name
    }
    variant = named
    let notes =
      isFolder && own == nil
      ? ModelNotes(
        huggingFace: description,
        openClip: try Self.json(FileSystem.join(folder, "open_clip_config.json"), mayBeForeign: false)) : ModelNotes()
    let hint = own != nil || isFolder ? named.flatMap { VisionFamilies.configuration(named: $0, among: families) } : nil
    let recognised = try family.recognised(weights, like: hint, beside: notes)
    found = recognised.configuration
    configuration = try own.map { try Self.written($0, family, like: recognised.configuration, at: place) } ?? found
    guesses = own == nil ? recognised.guesses : []
    let names = description?["label_names"]?.array?.compactMap(\.string)
    classNames = names?.count == found.classes ? names : nil
    recipe = try own.flatMap { _ in description?["recipe"] }.map { stored in
      let known = stored["name"]?.string.flatMap { try? VisionRecipe.named($0) }
      return try (known ?? VisionRecipe.named("shapes-tiny")).restored(from: stored, at: place)
    }
  }

  /// The model from which a recipe's run starts: what nothing tells is as in the recipe's own model.
  public func configuration(for recipe: VisionRecipe) -> any VisionConfiguration {
    var configuration = configuration
    if let known = VisionFamilies.configuration(named: recipe.model.name) {
      configuration.settle(guesses, like: known)
    }
    return configuration
  }

  /// Puts the weights into a model of `configuration`; what they do not give is started from `key`. With `headMap` the
  /// classifier takes these rows of theirs.
  public func load(
    into set: ParameterSet, of configuration: any VisionConfiguration, startingFrom key: RandomKey,
    headMap: HeadMap? = nil
  ) throws -> LoadReport {
    var plan = try configuration.plan(for: weights, of: found)
    if let headMap {
      guard let head = try headRows else {
        throw InputError(
          "the weights have no head to take rows of", at: path, cure: "leave --head-map out: a new head begins")
      }
      try headMap.check(head: head, classes: configuration.classes)
      (plan.starts, plan.rows) = ([], [("\(configuration.head).*", headMap.rows)])
    }
    return try set.load(weights, plan, startingFrom: key, configuration.published)
  }

  /// Rows of the classifier in the weights; nil where they have none.
  var headRows: Int? { get throws { try weights.shape(of: "\(found.head).weight")?.first } }

  /// A JSON file, nil where there is none. The neighbour of a weight file may be about something else entirely: what
  /// cannot be read there does not count.
  private static func json(_ place: String, mayBeForeign: Bool) throws -> JSON? {
    guard FileSystem.kind(place) == .file else { return nil }
    do { return try JSON.read(place) } catch {
      if mayBeForeign { return nil }
      throw error
    }
  }

  /// The written configuration; the sizes must be those of the tensors.
  private static func written(
    _ json: JSON, _ family: any VisionFamily, like found: any VisionConfiguration, at place: String
  ) throws -> any VisionConfiguration {
    guard let configuration = try? family.configuration(Data(json.bytes())) else {
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

// What evaluation needs.
extension VisionFolder {
  /// Puts the weights into a model as they are to be evaluated: the average where the run kept one. Throws an
  /// `InputError` where the file has no classifier.
  public func loadForEvaluation(into set: ParameterSet) throws {
    let report = try load(into: set, of: configuration, startingFrom: RandomKey(seed: 0))
    let absent = report.made.filter { !$0.hasSuffix("mask_token") }
    guard absent.isEmpty else {
      throw InputError(
        "there is no classifier: \(absent.joined(separator: ", ")) are missing", at: path,
        cure: "give a fine-tuned model (masksub finetune makes one); a CLIP with both towers classifies without one: "
          + "masksub zero-shot")
    }
    let average = FileSystem.join(path, "ema.safetensors")
    guard let recipe, recipe.loop.emaDecay > 0, FileSystem.kind(average) == .file else { return }
    _ = try set.load(
      Weights(Safetensors.open(average), configuration.published), startingFrom: RandomKey(seed: 0),
      configuration.published)
  }

  /// The recipe by which the model's images are framed and normalised: its own, else the one that its family follows,
  /// brought to the model's image size.
  public func evaluationRecipe(resize: Int? = nil) throws -> VisionRecipe {
    var recipe = try recipe ?? VisionRecipe.following(configuration)
    if recipe.data.imageSize != configuration.imageSize {
      recipe.data.evalResize = recipe.data.evalResize * configuration.imageSize / recipe.data.imageSize
      recipe.data.imageSize = configuration.imageSize
    }
    if let resize { recipe.data.evalResize = resize }
    return recipe
  }
}

extension VisionFolder {
  /// Writes weights by `names` and `config.json`: what this type opens.
  public static func write(
    to folder: String, _ set: ParameterSet, _ configuration: any VisionConfiguration, recipe: VisionRecipe,
    variant: String?, classNames: [String], names: WeightNames
  ) throws {
    try set.write(to: FileSystem.join(folder, "model.safetensors"), names)
    let pipeline = recipe.evaluationPipeline
    let numbers = { (values: [Float]) in JSON.array(values.map { JSON($0) }) }
    let (side, resize) = (configuration.imageSize, recipe.data.evalResize)
    let json: JSON = [
      "architecture": variant.map { .string($0) } ?? .null, "num_classes": .integer(Int64(configuration.classes)),
      "label_names": .array(classNames.map { .string($0) }),
      "pretrained_cfg": [
        "input_size": [3, .integer(Int64(side)), .integer(Int64(side))],
        "mean": numbers(pipeline.normalization.mean), "std": numbers(pipeline.normalization.deviation),
        "interpolation": "bicubic", "crop_pct": .number(Double(side) / Double(max(side, resize))),
      ],
      "recipe": recipe.json, .init(stringLiteral: configuration.family.key): try configuration.json(),
    ]
    try AtomicFile.write(json.text(indent: 2) + "\n", to: FileSystem.join(folder, "config.json"))
  }
}
