public import SubCore
public import SubData
public import SubNN
public import SubTrain

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
