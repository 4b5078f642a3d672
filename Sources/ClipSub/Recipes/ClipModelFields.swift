import SubCore
public import SubTrain

/// `model.*` of a contrastive recipe: sizes by which a new network is another than the one that `--model` names; 0: as in
/// that.
public struct ClipModelFields: FieldGroup {
  /// The width of the space in which both towers end.
  public var embedding = 0
  /// The side of the images and of a patch, in pixels; features of a token, blocks, heads of the image tower.
  public var imageSize = 0, patch = 0, width = 0, depth = 0, heads = 0
  /// The same of the text tower, and the tokens of its longest text.
  public var textWidth = 0, textDepth = 0, textHeads = 0, context = 0

  /// Nothing is another.
  public init() {}

  private static let own = "the named network"

  public static let fields: [Field<Self>] = [
    Field(
      "embedding", \.embedding, 0...1 << 16, "features of an image and of a text; 0: as the model has", source: own),
    Field("image_size", \.imageSize, 0...4096, "the side of the images, in pixels; 0: as the model has", source: own),
    Field("patch", \.patch, 0...1024, "the side of a patch, in pixels; 0: as the model has", source: own),
    Field("width", \.width, 0...1 << 16, "features of the image tower's tokens; 0: as the model has", source: own),
    Field("depth", \.depth, 0...1024, "its blocks; 0: as the model has", source: own),
    Field("heads", \.heads, 0...1024, "its heads; 0 with another width: as wide as before", source: own),
    Field(
      "text_width", \.textWidth, 0...1 << 16, "features of the text tower's tokens; 0: as the model has", source: own),
    Field("text_depth", \.textDepth, 0...1024, "its blocks; 0: as the model has", source: own),
    Field("text_heads", \.textHeads, 0...1024, "its heads; 0 with another width: as wide as before", source: own),
    Field("context", \.context, 0...1 << 16, "tokens of the longest text; 0: as the model has", source: own),
  ]

  /// Whether nothing is another.
  public var isEmpty: Bool { self == ClipModelFields() }

  /// A network of these sizes, where they are given, else of those of `named`. Throws a usage error where they do not go
  /// together.
  func applied(to named: ClipConfig) throws -> ClipConfig {
    var config = named
    if embedding > 0 { config.embedWidth = embedding }
    if imageSize > 0 { config.image.size = imageSize }
    if patch > 0 { config.image.patch = patch }
    if context > 0 { config.text.contextLength = context }
    (config.image.width, config.image.layers, config.image.heads, config.image.mlpWidth) = try Self.tower(
      (named.image.width, named.image.layers, named.image.heads, named.image.mlpWidth), (width, depth, heads),
      "--set model.heads")
    (config.text.width, config.text.layers, config.text.heads, config.text.mlpWidth) = try Self.tower(
      (named.text.width, named.text.layers, named.text.heads, named.text.mlpWidth), (textWidth, textDepth, textHeads),
      "--set model.text_heads")
    guard config.image.size >= config.image.patch, config.text.contextLength > 2 else {
      throw InputError(
        "images of \(config.image.size) pixels hold no patch of \(config.image.patch), or texts of "
          + "\(config.text.contextLength) tokens no word", at: "--set model.*", cure: "give other sizes", isUsage: true)
    }
    try config.checkClaim(at: "--set model.*")
    return config
  }

  private typealias Tower = (width: Int, layers: Int, heads: Int, mlpWidth: Int)

  private static func tower(
    _ named: Tower, _ given: (width: Int, depth: Int, heads: Int), _ option: String
  ) throws -> Tower {
    var tower = named
    if given.width > 0 {
      tower = (
        given.width, named.layers, max(1, given.width / (named.width / named.heads)),
        named.mlpWidth * given.width / named.width
      )
    }
    if given.depth > 0 { tower.layers = given.depth }
    if given.heads > 0 { tower.heads = given.heads }
    try WeightHints.checkHeads(tower.heads, of: tower.width, at: option)
    return tower
  }
}
