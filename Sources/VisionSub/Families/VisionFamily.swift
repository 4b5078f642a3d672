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
  /// What a recognised file, and what lies beside it, say of the model; `variant` settles what they leave open.
  func recognised(
    _ weights: Weights, like variant: (any VisionConfiguration)?, beside notes: ModelNotes
  ) throws -> RecognisedModel
  /// A configuration that was written as JSON. Throws where it is none.
  func configuration(_ json: Data) throws -> any VisionConfiguration
  /// The name of the recipe that finetunes such a model.
  func recipe(following configuration: any VisionConfiguration) -> String
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
  /// Whether the network has places where DropSub's dropout can stand.
  var hasDropout: Bool { get }
}

extension VisionConfiguration {
  /// Whose network it is.
  public var family: any VisionFamily { Self.family }
  public var hasDropout: Bool { true }
  public var head: String { "head" }

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
    try JSON.parse(String(decoding: JSONEncoder().encode(self), as: UTF8.self), at: "config.json")
  }
}

/// A model that was recognised in a weight file.
public struct RecognisedModel {
  /// What it is.
  public var configuration: any VisionConfiguration
  /// What neither names nor shapes nor files beside them tell: fields that are guessed, and how.
  public var guesses: Set<String>
  /// The guess of how large images are.
  public static let imageSize = "image size"

  /// A model and what was guessed of it.
  public init(_ configuration: any VisionConfiguration, guesses: Set<String> = []) {
    (self.configuration, self.guesses) = (configuration, guesses)
  }
}

/// What other tools write beside weights.
public struct ModelNotes: Sendable {
  /// A Hugging Face style `config.json`.
  public var huggingFace: JSON?
  /// An `open_clip_config.json`.
  public var openClip: JSON?

  /// No notes unless given.
  public init(huggingFace: JSON? = nil, openClip: JSON? = nil) {
    (self.huggingFace, self.openClip) = (huggingFace, openClip)
  }

  /// The side of the images as timm notes it.
  var imageSize: Int? {
    let side = huggingFace?["pretrained_cfg"]?["input_size"]?.array?.last?.int
    return side.flatMap { (1...4096).contains($0) ? $0 : nil }
  }
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
