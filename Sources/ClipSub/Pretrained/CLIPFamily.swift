import SubCore
import SubData
import SubNN
public import SubTrain
import VisionSub

/// CLIPs with two transformers, in open_clip's, OpenAI's and Hugging Face's files.
public struct CLIPFamily: ModelFamily {
  public let name = "CLIP"
  public let namings: [Naming] = [.openClip, .huggingFaceCLIP]

  /// The family.
  public init() {}

  public func summary(of weights: Weights) throws -> String {
    let config = try ClipConfig(sizesOf: weights)
    let letter = VisionTransformerConfig.letter(ofWidth: config.image.width)
    return "CLIP ViT\(letter)/\(config.image.patch), \(config.image.layers) blocks, width \(config.image.width), "
      + "text: \(config.text.layers) blocks, width \(config.text.width), \(config.text.vocabularySize) tokens"
  }

  public func tensorNames(of weights: Weights) throws -> [String] {
    CLIP(try ClipConfig(sizesOf: weights)).namedParameters().map(\.name)
  }

  public func names(_ key: String, of weights: Weights) throws -> WeightNames? {
    switch key {
    case "openclip", "official": WeightNames(.openClip)
    case "hf": WeightNames(.huggingFaceCLIP)
    default: nil
    }
  }

  /// Whether a file is one of OpenAI's own archives.
  static func isOpenAI(_ weights: Weights) -> Bool { weights.source.contains("input_resolution") }
}

extension ClipConfig {
  /// Throws where a width cannot be cut into heads of 64, as almost every published model has them.
  static func checkGuessable(_ width: Int, at place: String) throws {
    guard width % headWidth != 0 else { return }
    throw InputError(
      "how many heads a width of \(width) has cannot be told, it is no multiple of 64", at: place,
      cure: "say --heads and --text-heads, or put the model's open_clip_config.json beside the weights")
  }

  /// The sizes that the tensors' shapes tell; into how many heads a width is cut none does. The activation, which they
  /// do not tell either, is QuickGELU for OpenAI's archives and Hugging Face's models, GELU for open_clip's.
  init(sizesOf weights: Weights) throws {
    func shape(_ name: String, _ rank: Int) throws -> [Int] {
      let shape = try weights.shape(of: name)
      guard let shape, shape.count == rank, shape.allSatisfy({ (1...1 << 24).contains($0) }) else {
        throw weights.failure(
          shape.map { "shape \($0)" } ?? "it is missing", name,
          cure: "give the weights of a CLIP with a vision transformer")
      }
      return shape
    }
    func blocks(_ tower: String) throws -> (count: Int, mlp: Int) {
      let count = (0...).first { !weights.contains("\(tower).blocks.\($0).attn.qkv.weight") } ?? 0
      _ = try shape("\(tower).blocks.0.attn.qkv.weight", 2)
      return (count, try shape("\(tower).blocks.0.mlp.fc1.weight", 2)[0])
    }
    self.init()
    let isQuick = weights.naming == .huggingFaceCLIP || CLIPFamily.isOpenAI(weights)
    activation = isQuick ? .quickGelu : .gelu
    let conv = try shape("visual.patch_embed.proj.weight", 4)
    let positions = try shape("visual.pos_embed", 2)
    guard let side = Fitting.root(positions[0] - 1), conv[2] <= 1024 else {
      throw weights.failure(
        "\(positions[0]) positions are no square of patches and a class token", "visual.pos_embed",
        cure: "use a model for square images")
    }
    let (layers, mlp) = try blocks("visual")
    image = Image(
      size: side * conv[2], patch: conv[2], width: conv[0], layers: layers, heads: Self.heads(conv[0]),
      mlpWidth: mlp)
    let embedding = try shape("text.token_embedding.weight", 2)
    let (textLayers, textMLP) = try blocks("text")
    text = Text(
      contextLength: try shape("text.pos_embed", 2)[0], vocabularySize: embedding[0], width: embedding[1],
      layers: textLayers, heads: Self.heads(embedding[1]), mlpWidth: textMLP)
    guard text.contextLength > 2 else {
      throw weights.failure(
        "texts of \(text.contextLength) tokens leave no room between start and end", "text.pos_embed",
        cure: "give the weights of a CLIP")
    }
    embedWidth = try shape("visual.proj", 2)[1]
  }

  private static func heads(_ width: Int) -> Int { width % headWidth == 0 ? width / headWidth : 1 }
}
