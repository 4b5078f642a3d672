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
    let variants = families.flatMap(\.variants)
    func named(_ name: String) -> (any VisionConfiguration)? {
      variants.first { $0.name == name }?.configuration
        // `.mae`, `.fb_in1k`: a tag behind the name.
        ?? variants.first { name.hasPrefix($0.name + ".") }?.configuration
    }
    return named(name) ?? relative(of: name).flatMap(named)
  }

  /// The name of the same transformer for images of 224 pixels, of which the sizes are known: DeiT's are ViTs.
  private static func relative(of name: String) -> String? {
    guard var base = name.split(separator: ".").first.map(String.init), !base.contains("distilled"),
      let end = base.lastIndex(of: "_"), let side = Int(base[base.index(after: end)...]),
      // Below that it is no size of timm's, but another that was mistyped.
      side >= 96
    else { return nil }
    if base.hasPrefix("deit_") { base = "vit_" + base.dropFirst("deit_".count) }
    guard ["vit_", "deit3_", "beitv2_"].contains(where: base.hasPrefix), let end = base.lastIndex(of: "_") else {
      return nil
    }
    return String(base[..<end]) + "_224"
  }

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
        ? "they are a BERT's: train it by glue, or name its --task"
        : "give weights in timm's or the official names, or those of a CLIP (masksub inspect shows a file)")
  }
}
