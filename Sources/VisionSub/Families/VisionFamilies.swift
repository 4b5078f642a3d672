import SubCore
import SubData
import SubTrain

/// The families of networks that classify images.
public enum VisionFamilies {
  /// Every family, in the order in which files are tried. A new family is a line here.
  public static let all: [any VisionFamily] = [
    ViTFamily(),
    SwinFamily(),
    ResNetFamily(),
  ]

  /// The configuration of a timm name; nil for an unknown one.
  public static func configuration(named name: String, among families: [any VisionFamily] = all)
    -> (any VisionConfiguration)?
  {
    families.lazy.compactMap { $0.configuration(named: name) }.first
  }

  /// The configuration of a name that was told at `place` of weights of a family: by the user in an option, or else by a
  /// file beside the weights. Throws an `InputError` for an unknown one, and for one of another family.
  static func configuration(
    named name: String, of family: any VisionFamily, at place: String, isUsage: Bool,
    among families: [any VisionFamily] = all
  ) throws(InputError) -> any VisionConfiguration {
    guard let known = configuration(named: name, among: families) else {
      if isUsage {
        throw InputError(
          "there is no network '\(name)'", at: place, cure: "use one of \(names.joined(separator: ", "))", isUsage: true
        )
      }
      let lost = relatives.first { name.contains($0.part) }?.has
      throw InputError(
        "the network '\(name)' is not known here: what it has of its own would be left out"
          + (lost.map { ", as \($0)" } ?? ""), at: place,
        cure: "name a network of timm's that computes the same, if there is one: --architecture "
          + family.variants[0].name)
    }
    guard known.family.key == family.key else {
      throw InputError(
        "the weights are not those of a \(known.summary) but of a \(family.name)", at: place,
        cure: "name the model that the weights belong to, or none", isUsage: isUsage)
    }
    return known
  }

  /// What relatives of known networks have that no tensor tells, by a part of their names.
  private static let relatives: [(part: String, has: String)] = [
    ("rope", "its rotary positions"), ("eva02", "its norms behind attention and MLPs"),
    ("resnetaa", "its antialiasing"), ("resnetblur", "its antialiasing"),
    ("swin_s3", "its windows, which differ between stages"),
  ]

  /// Every timm name that is known.
  public static var names: [String] { all.flatMap { $0.variants.map(\.name) } }

  /// The family whose weights a file holds. Throws an `InputError` where it is none.
  static func recognise(_ source: any NamedTensors, among families: [any VisionFamily] = all) throws
    -> (family: any VisionFamily, weights: Weights)
  {
    for family in families {
      if let weights = family.recognise(source) { return (family, weights) }
    }
    throw InputError(
      "no \(families.map(\.name).joined(separator: " or ")) is recognised among its \(source.names.count) tensors",
      at: source.place,
      cure: source.names.contains { $0.contains("embeddings.word_embeddings") }
        ? "they are a BERT's: train it by glue, or name its --task, or with --text COLUMN the texts of a table"
        : "give weights in timm's or the official names, or those of a CLIP (masksub inspect shows a file)")
  }
}
