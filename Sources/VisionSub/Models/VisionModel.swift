public import SubCore
public import SubNN

/// A network that classifies images: what `ImageClassification` trains, whatever its family.
public protocol VisionModel: Module {
  /// The number of logits.
  var classes: Int { get }
  /// The side of the images, in pixels.
  var imageSize: Int { get }
  /// Normalised images [N, 3, H, W] → logits [N, classes]. Where the pass masks, the model hides parts of every image
  /// in the way of its family.
  func callAsFunction(_ images: Tensor, _ pass: Pass) -> Tensor
}
