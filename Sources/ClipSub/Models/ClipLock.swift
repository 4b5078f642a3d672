import SubCore
import SubTrain

/// Which towers of a CLIP stay as they are (Zhai et al. 2022), as open_clip counts what does not: from the projection down,
/// then the last block with the norm behind it, then one block after the other, at last the embeddings.
public struct ClipLock: Sendable, Equatable {
  /// Groups of the image tower that are trained all the same; nil: all of it is.
  public var image: Int?
  /// The same of the text tower.
  public var text: Int?

  /// Nothing is locked unless given.
  public init(image: Int? = nil, text: Int? = nil) { (self.image, self.text) = (image, text) }

  /// What is frozen of a model, by its own names. Throws a usage error where more is unlocked than there is.
  func freezing(_ config: ClipConfig) throws -> Freezing {
    let visual = Self.groups(
      "visual.", ["cls_token", "pos_embed", "patch_embed", "norm_pre"], blocks: config.image.layers)
    let texts = Self.groups("text.", ["token_embedding", "pos_embed"], blocks: config.text.layers)
    var patterns: [String] = []
    for (groups, unlocked, option) in [
      (visual, image, "--lock-image-unlocked-groups"), (texts, text, "--lock-text-unlocked-layers"),
    ] {
      guard let unlocked else { continue }
      guard unlocked < groups.count else {
        throw InputError(
          "\(unlocked) of the \(groups.count) groups of the tower would be trained", at: option,
          cure: "give fewer, or do not lock the tower", isUsage: true)
      }
      patterns += groups.dropLast(unlocked).joined()
    }
    return Freezing(patterns)
  }

  private static func groups(_ tower: String, _ embeddings: [String], blocks: Int) -> [[String]] {
    let stack = (0..<blocks).map { ["blocks.\($0)"] + ($0 == blocks - 1 ? ["norm"] : []) }
    return ([embeddings] + stack + [["proj"]]).map { group in group.map { tower + $0 } }
  }
}
