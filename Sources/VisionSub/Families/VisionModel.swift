public import SubCore
public import SubNN

/// A network that classifies images: what `ImageClassification` trains, whatever its family.
public protocol VisionModel: Module {
  /// The number of logits.
  var classes: Int { get }
  /// The side of the images, in pixels.
  var imageSize: Int { get }
  /// Lets the patch embedding stay as it is, where there is one: no gradient, no update (FT-CLIP).
  func freezePatchEmbedding()
  /// Images that a batch must have: 2 where batch-norm would see a single value of one.
  var fewestSamples: Int { get }
  /// What no regularisation touches, so that a step needs it only once: the embeddings of all patches, [N·L, D]. Nil for
  /// a family that hides pixels.
  func stem(_ images: Tensor) -> Tensor?
  /// Normalised images [N, 3, H, W] → logits [N, classes]; `stem` is theirs where it is known. Where the pass masks, the
  /// model hides parts of every image in the way of its family.
  func callAsFunction(_ images: Tensor, stem: Tensor?, _ pass: Pass) -> Tensor
  /// The same up to what the classifier reads: [N, D], timm's `forward_head(…, pre_logits=True)`. Nil where a network
  /// hands nothing out.
  func features(_ images: Tensor, _ pass: Pass) -> Tensor?
  /// The feature maps behind some of the stages, [N, H, W, C] each, in the order asked for: what dense predictions
  /// are made of. Stages are counted from 0, and none is computed behind the last of them; each block of a vision
  /// transformer is one. Nil where a network hands nothing out.
  func featureMaps(_ images: Tensor, behind stages: [Int], _ pass: Pass) -> [Tensor]?
}

extension VisionModel {
  public var fewestSamples: Int { 1 }
  public func features(_ images: Tensor, _ pass: Pass) -> Tensor? { nil }
  public func featureMaps(_ images: Tensor, behind stages: [Int], _ pass: Pass) -> [Tensor]? { nil }
  /// Images alone: where the pass removes patches, they are not even embedded.
  public func callAsFunction(_ images: Tensor, _ pass: Pass) -> Tensor { self(images, stem: nil, pass) }
}
