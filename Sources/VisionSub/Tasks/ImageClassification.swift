public import SubCore
public import SubNN
public import SubTrain

/// Classification of images: what VisionSub tells the method and the loop. Both branches see the same images, so their
/// patches are embedded once a step, and the gradients of both go back through that in one pass.
public final class ImageClassification: TrainingTask {
  /// Images on the device with what is to be said of them.
  public struct Batch: TrainingBatch {
    /// Normalised pixels [N, 3, H, W].
    public var images: Tensor
    /// Classes, or mixed labels [N, C].
    public var target: Target
    /// The number of the first image, where these are a part of a larger batch.
    var first = 0
    /// N.
    public var count: Int { images.shape[0] }

    /// A batch.
    public init(images: Tensor, target: Target) {
      self.images = images
      self.target = target
    }

    public func part(_ range: Range<Int>) -> Batch? {
      var part = Batch(images: images.samples(range), target: target.rows(range))
      part.first = first + range.lowerBound
      return part
    }
  }

  /// The network.
  public let model: any VisionModel
  /// What training minimises.
  public let objective: Loss

  /// Training of `model` by `objective`.
  public init(_ model: any VisionModel, objective: Loss) {
    self.model = model
    self.objective = objective
  }

  /// The model's stem, behind a cut. A trip that hides patches itself (`masking`) needs only those that it keeps.
  public func shared(_ batch: Batch, _ pass: Pass) -> Junction? {
    pass.masking == nil ? model.stem(batch.images).map { Junction($0) } : nil
  }

  public func finish(_ shared: Junction?, into gradients: Gradients) { shared?.backward(into: gradients) }

  public func forward(_ batch: Batch, _ shared: Junction?, _ pass: Pass) -> Tensor {
    var pass = pass
    pass.firstSample = batch.first
    return model(batch.images, stem: shared?.tensor, pass)
  }

  public func loss(_ logits: Tensor, _ batch: Batch) -> Tensor { objective(logits, batch.target) }

  public func softTarget(of logits: Tensor) -> Target { objective.softTarget(of: logits) }

  public func loss(_ logits: Tensor, mimicking target: Target) -> Tensor { objective(logits, mimicking: target) }
}
