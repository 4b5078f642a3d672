public import Foundation
public import SubCore
public import SubData
public import SubNN
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
  func configuration(_ json: Data) throws -> any VisionConfiguration
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

  public func configuration(_ json: Data) throws -> any VisionConfiguration {
    func decode<Own: VisionConfiguration>(like known: Own) throws -> any VisionConfiguration {
      try JSONDecoder().decode(Own.self, from: json)
    }
    return try decode(like: variants[0].configuration)
  }
}

/// Everything that makes one network of a family: a value from which its model follows.
public protocol VisionConfiguration: Sendable, Codable, Equatable {
  /// Whose network it is.
  static var family: any VisionFamily { get }
  /// The side of the images, in pixels.
  var imageSize: Int { get set }
  /// The number of logits.
  var classes: Int { get set }
  /// The rate of stochastic depth, of the deepest block where it rises.
  var dropPath: Float { get set }
  /// The cells of an image that masking hides or leaves.
  var cells: MaskGrid { get }
  /// What becomes of those that it hides.
  var hiddenCells: HiddenCells { get }
  /// How its tensors are published: by these names new checkpoints are written and random streams called.
  var published: Naming { get }
  /// The key of the classifier, a linear layer: `head`.
  var head: String { get }
  /// Which parameters decay.
  var decayRule: DecayRule { get }
  /// Where a parameter lies between input and head, for layer-wise rates.
  var layers: LayerOrder { get }
  /// The sizes that a weight file fixes, with their names.
  var sizes: [(name: String, value: Int)] { get }
  /// The network in words: `DeiT-III ViT-S/16, 12 blocks, width 384, 6 heads`.
  var summary: String { get }

  /// Takes over the sizes of a new network. Throws a usage error for what such a network has not.
  mutating func take(_ sizes: ModelSizes) throws(InputError)
  /// Takes over what finetuning by a recipe decides: what the head reads, how it begins.
  mutating func follow(_ recipe: VisionRecipe)
  /// Fits the recipe that follows to this very model, where one recipe serves several.
  func adapt(_ recipe: inout VisionRecipe)
  /// Takes over from the recipe's model what the file left open (`RecognisedModel.guesses`).
  mutating func settle(_ guesses: Set<String>, like known: any VisionConfiguration)
  /// Throws an `InputError` at `place` where no model can be made of these values.
  func validate(at place: String) throws(InputError)
  /// The network, without memory yet.
  func makeModel() -> any VisionModel
  /// How weights of a recognised configuration come into this one's model.
  func plan(for weights: Weights, of found: any VisionConfiguration) throws -> LoadPlan
  /// How timm makes the network; nil where it cannot.
  var timm: TimmModel? { get }
  /// Takes over from a timm model's arguments what tells it from its namesake.
  mutating func follow(timm arguments: JSON)
  /// The network as a part of an ONNX graph: images [N, 3, S, S] → logits. Nil where it cannot be written as one.
  func onnxLogits(_ images: OnnxGraph.Value, in network: inout OnnxNetwork) -> OnnxGraph.Value?
  /// Whether the network has places where DropSub's dropout can stand.
  var hasDropout: Bool { get }
  /// What was guessed, in words: `6 heads of 64`.
  func text(ofGuess guess: String) -> String
}

extension VisionConfiguration {
  /// Whose network it is.
  public var family: any VisionFamily { Self.family }
  public var hasDropout: Bool { true }
  public mutating func follow(_ recipe: VisionRecipe) {}
  public func adapt(_ recipe: inout VisionRecipe) {}
  public mutating func settle(_ guesses: Set<String>, like known: any VisionConfiguration) {}
  public var timm: TimmModel? { nil }
  public mutating func follow(timm arguments: JSON) {}
  public func onnxLogits(_ images: OnnxGraph.Value, in network: inout OnnxNetwork) -> OnnxGraph.Value? { nil }
  public mutating func take(_ sizes: ModelSizes) throws(InputError) { try sizes.check(family.name, [:]) }
  public var head: String { "head" }
  public func text(ofGuess guess: String) -> String {
    guess == RecognisedModel.imageSize ? "images of \(imageSize) pixels" : guess
  }

  /// What of the classifier is started: all of it, unless the file's has these classes and reads so many features.
  func startedHead(_ weights: Weights, reading features: Int) throws -> [String] {
    try weights.shape(of: "\(head).weight") == [classes, features] ? [] : ["\(head).*"]
  }

  /// Throws a usage error for a method that such a network cannot be trained by.
  func check(_ method: some Method) throws {
    try method.check(patches: cells.count, at: "--ratio")
    if !hasDropout, method is DropSub {
      throw InputError(
        "a \(family.name) has no dropout to raise", at: "--method \(DropSub.name)",
        cure: "use \(MaskSub.name) or \(PathSub.name)", isUsage: true)
    }
  }

  /// The value as `config.json` holds it.
  public func json() throws -> JSON {
    try JSON(encoding: self)
  }
}

/// A model that was recognised in a weight file.
public struct RecognisedModel {
  /// What it is.
  public var configuration: any VisionConfiguration
  /// What neither names nor shapes nor files beside them tell: fields that are guessed, and how.
  public var guesses: Set<String>
  /// The guesses that there are: how large images are, into how many heads a width is cut, which GELU, what a head reads.
  public static let imageSize = "image size", heads = "heads", activation = "activation", readout = "readout"
  /// The options that settle them.
  static let options = [
    imageSize: "--image-size", heads: "--heads", activation: "--activation", readout: "--readout",
  ]

  /// A model and what was guessed of it.
  public init(_ configuration: any VisionConfiguration, guesses: Set<String> = []) {
    (self.configuration, self.guesses) = (configuration, guesses)
  }
}

/// What other tools write beside weights, and what the user says of them.
public struct ModelNotes: Sendable {
  /// A Hugging Face style `config.json`, of timm's models too.
  public var huggingFace: JSON?
  /// An `open_clip_config.json`.
  public var openClip: JSON?
  /// What settles guesses.
  public var hints: WeightHints

  /// No notes unless given.
  public init(huggingFace: JSON? = nil, openClip: JSON? = nil, hints: WeightHints = WeightHints()) {
    (self.huggingFace, self.openClip, self.hints) = (huggingFace, openClip, hints)
  }

  /// What stands beside weights of a CLIP's image tower alone, or with its text tower.
  private var tower: JSON? { huggingFace?["vision_config"] ?? huggingFace }

  /// The kind of model that transformers made the weights with: `vit_mae`.
  var modelType: String? { huggingFace?["model_type"]?.string }

  /// The side of the images, as timm or transformers note it. Throws an `InputError` for images that are not square.
  func imageSize(of weights: Weights) throws(InputError) -> Int? {
    let stated = [
      ("input_size", huggingFace?["pretrained_cfg"]?["input_size"] ?? huggingFace?["input_size"]),
      ("img_size", huggingFace?["model_args"]?["img_size"]), ("image_size", tower?["image_size"]),
    ]
    var sides: [Int] = []
    for (key, value) in stated {
      let numbers = (value?.array?.suffix(2) ?? [value].compactMap(\.self)[...]).compactMap(\.int)
      guard let side = numbers.first, (1...4096).contains(side) else { continue }
      guard numbers.allSatisfy({ $0 == side }) else {
        throw InputError(
          "images of \(numbers.map(String.init).joined(separator: " × ")) pixels (\(key)) are not supported",
          at: "\(weights.place), its configuration", cure: "use a model of square images")
      }
      sides.append(side)
    }
    return sides.first
  }

  /// Heads of a layer, as a configuration beside the weights says; `width` is that of the image tower.
  func heads(of width: Int) -> Int? {
    let told = tower?["num_attention_heads"]?.int ?? huggingFace?["model_args"]?["num_heads"]?.int
    let open = (openClip?["model_cfg"] ?? openClip).map { $0["vision_cfg"]?["head_width"]?.int ?? 64 }
    return told ?? open.flatMap { $0 > 0 ? width / $0 : nil }
  }

  /// Between an MLP's two layers, as a configuration says; nil where none does. Throws for one that is not here.
  func activation() throws -> Activation? {
    if let model = openClip?["model_cfg"] ?? openClip { return model["quick_gelu"]?.bool ?? false ? .quickGelu : .gelu }
    let told = tower?["hidden_act"] ?? huggingFace?["model_args"]?["act_layer"]
    guard let name = told?.string else { return nil }
    guard let known = Activation(huggingFace: name), [.gelu, .quickGelu].contains(known) else {
      throw InputError(
        "hidden_act '\(name)' is unknown", at: "config.json", cure: "use a vision transformer with gelu or quick_gelu")
    }
    return known
  }

  /// What a head reads, as timm notes it: `token`, `avg`. Throws an `InputError` where it is none of those that are known.
  func pool(
    among known: [String], for weights: Weights, orElse option: String = ""
  ) throws(InputError) -> String? {
    guard let pool = huggingFace?["model_args"]?["global_pool"]?.string ?? huggingFace?["global_pool"]?.string else {
      return nil
    }
    guard known.contains(pool) else {
      throw InputError(
        "global_pool '\(pool)' is not supported", at: "\(weights.place), its configuration",
        cure: "use a model with global_pool \(known.joined(separator: " or "))\(option)")
    }
    return pool
  }

  /// LayerNorm's ε, as transformers notes it.
  var epsilon: Double? {
    return tower?["layer_norm_eps"]?.double.flatMap { $0 >= 0 && $0 < 1 ? $0 : nil }
  }
}

/// What a network puts where masking hides cells of an image.
public enum HiddenCells: Sendable {
  /// Nothing: their tokens are removed before any work is spent on them.
  case removed
  /// A learned mask token in the place of each one's own.
  case replaced
  /// Zeros in the place of normalised pixels, which is the mean colour.
  case zeroed
}

/// A square grid of cells over an image.
public struct MaskGrid: Sendable, Equatable {
  /// Cells along a side, and the side of a cell in pixels.
  public let side, pixels: Int

  /// A grid.
  public init(side: Int, pixels: Int) { (self.side, self.pixels) = (side, pixels) }

  /// Cells of an image.
  public var count: Int { side * side }
}
