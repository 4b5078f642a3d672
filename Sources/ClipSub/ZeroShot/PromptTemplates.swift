import SubCore
import SubData

/// Sentences with a place for a class name, `{}`; a class's classifier is the mean over all of them.
public struct PromptTemplates: Sendable, Equatable {
  /// The templates, each with exactly one `{}`.
  public let templates: [String]

  /// Templates in memory; each must hold `{}` exactly once.
  public init(_ templates: [String]) {
    precondition(templates.allSatisfy { Self.holes($0) == 1 }, "PromptTemplates: each needs one {}")
    self.templates = templates
  }

  /// Reads a template file: one per line, blank lines do not count, `{}` stands for the class name.
  public init(file path: String) throws {
    let entries = try LineFile.entries(path)
    for entry in entries where Self.holes(entry.text) != 1 {
      throw InputError(
        "a template needs exactly one {}, this one has \(Self.holes(entry.text))", at: "\(path), line \(entry.number)",
        cure: "write {} where the class name belongs, as in: a photo of a {}.")
    }
    guard !entries.isEmpty else {
      throw InputError("the file holds no templates", at: path, cure: "write one per line, as in: a photo of a {}.")
    }
    templates = entries.map(\.text)
  }

  /// All templates filled with a name.
  public func prompts(for name: String) -> [String] { templates.map { $0.replacing("{}", with: name) } }

  private static func holes(_ template: String) -> Int { template.ranges(of: "{}").count }

  /// The built-in set of a name: `imagenet` (80), `simple` (7), `cifar10` (18), `photo` (1).
  public static func named(_ name: String) -> PromptTemplates? {
    switch name {
    case "imagenet": imageNet
    case "simple": simple
    case "cifar10": cifar10
    case "photo": photo
    default: nil
    }
  }

  /// A single sentence.
  public static let photo = PromptTemplates(["a photo of a {}."])

  /// The seven that a greedy choice from the 80 left (OpenAI's notebook on prompt engineering).
  public static let simple = PromptTemplates([
    "itap of a {}.", "a bad photo of the {}.", "a origami {}.", "a photo of the large {}.", "a {} in a video game.",
    "art of the {}.", "a photo of the small {}.",
  ])

  /// CLIP's 18 for CIFAR-10.
  public static let cifar10 = PromptTemplates(
    articles.map { "a photo of \($0) {}." }
      + product(["blurry", "black and white", "low contrast", "high contrast", "bad", "good"]) {
        "a \($0) photo of \($1) {}."
      }
      + product(["small", "big"]) { "a photo of \($1) \($0) {}." })

  /// CLIP's 80 for ImageNet, by their grammar.
  public static let imageNet = PromptTemplates(
    product(
      [
        "bad", "good", "cropped", "bright", "dark", "blurry", "pixelated", "low resolution", "close-up",
        "black and white", "jpeg corrupted",
      ]
    ) { "a \($0) photo of \($1) {}." }
      + product(["clean", "dirty", "cool", "nice", "weird", "small", "large", "hard to see"]) {
        "a photo of \($1) \($0) {}."
      }
      + product(["sculpture", "rendering", "rendition", "tattoo", "drawing", "doodle", "painting", "sketch"]) {
        "a \($0) of \($1) {}."
      }
      + product(["embroidered", "plastic", "origami", "toy", "cartoon", "plushie"]) { "\($1) \($0) {}." }
      + articles.flatMap { ["graffiti of \($0) {}.", "art of \($0) {}.", "\($0) {} in a video game."] }
      + ["a", "the", "my", "one", "many"].map { "a photo of \($0) {}." }
      + ["a", "the", "my"].map { "itap of \($0) {}." })

  private static let articles = ["a", "the"]

  private static func product(_ words: [String], _ form: (String, String) -> String) -> [String] {
    words.flatMap { word in articles.map { form(word, $0) } }
  }
}
