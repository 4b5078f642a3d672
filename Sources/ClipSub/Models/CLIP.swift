public import SubCore
public import SubNN
import VisionSub

/// CLIP (Radford et al. 2021): an image and a text tower that end in the same space, and a learned scale of their
/// similarity. Keys: `text`, `logit_scale`, `visual`.
public final class CLIP: Module {
  private let text: ClipTextTower
  /// The logarithm of the factor on similarities, a scalar.
  public let logitScale: Parameter
  private let visual: VisionTransformer
  /// The sizes it was made of.
  public let config: ClipConfig

  /// ln 100: where training stops the logarithmic scale.
  public static let largestLogitScale = 4.605170185988092

  /// A network without memory yet: make a `ParameterSet` of it.
  public init(_ config: ClipConfig) {
    self.config = config
    text = ClipTextTower(config)
    // ln(1 / 0.07).
    logitScale = Parameter([], .constant(2.659260036932778))
    visual = VisionTransformer(config.imageTower, start: config.image.start, sites: .clip)
  }

  /// The patches of each image that a trip sees; nil: all.
  func keptPatches(images: Int, _ pass: Pass) -> [[Int]]? { visual.keptPatches(images: images, pass) }

  /// images [N, 3, S, S] → features [N, E] of length 1. Where the trip hides patches, they are left out.
  public func imageFeatures(_ images: Tensor, _ pass: Pass) -> Tensor {
    visual(images, pass).normalizedRows()
  }

  /// The same for some of the images, with their patches already chosen, and embedded where there is a `stem`.
  func imageFeatures(
    _ images: Tensor, stem: Tensor? = nil, of range: Range<Int>, kept: [[Int]]?, _ pass: Pass
  ) -> Tensor {
    visual(images, stem: stem, of: range, kept: kept, pass).normalizedRows()
  }

  /// The embeddings of all patches of all images, [N·L, D]: the same in both branches.
  func stem(_ images: Tensor) -> Tensor? { visual.stem(images) }

  /// Token ids → features [N, E] of length 1. A text is read up to its largest id (the first, where there are several),
  /// which is the end token.
  public func textFeatures(_ texts: some Collection<[Int32]>, _ pass: Pass, on device: Device) -> Tensor {
    text(texts.map(Self.upToEnd), pass, on: device).normalizedRows()
  }

  /// A text up to its first largest id.
  static func upToEnd(_ text: [Int32]) -> [Int32] {
    guard let largest = text.max(), let end = text.firstIndex(of: largest) else { return text }
    return Array(text[...end])
  }

  /// Holds the logarithmic scale in 0 ... ln 100, as every update in CLIP's training does.
  public func clampLogitScale() { logitScale.clamp(to: 0...Self.largestLogitScale) }
}
