public import SubCore
public import SubNN

/// What a modality tells the method and the loop: the seam. No assumption is made about batches or outputs.
public protocol TrainingTask: AnyObject {
  /// What one step works on, on the device.
  associatedtype Batch: TrainingBatch
  /// What the network says of a batch: logits, or features.
  associatedtype Output
  /// What the sub-branch is to reproduce.
  associatedtype SoftTarget
  /// What both branches share and is computed once a step (CLIP's text features). `Void` for most.
  associatedtype Shared = Void

  /// Whether a step asks something of other ranks before its gradients are there: its loss is of all their samples. No
  /// for most.
  var lossSpansRanks: Bool { get }

  /// Computes what both branches share.
  func shared(_ batch: Batch, _ pass: Pass) -> Shared
  /// Sends the gradients that both branches left at the shared part on through it.
  func finish(_ shared: Shared, into gradients: Gradients)
  /// One trip of the batch through the network.
  func forward(_ batch: Batch, _ shared: Shared, _ pass: Pass) -> Output
  /// The supervised loss, a scalar.
  func loss(_ output: Output, _ batch: Batch) -> Tensor
  /// What the sub-branch mimics: a constant made of the main branch's output.
  func softTarget(of output: Output) -> SoftTarget
  /// The sub-branch's loss, a scalar.
  func loss(_ output: Output, mimicking target: SoftTarget) -> Tensor
}

/// A task that takes a batch in parts itself, because the loss is not the sum of its samples'.
public protocol PiecewiseTask: TrainingTask {
  /// In how many parts a batch passes through the network.
  var pieces: Int { get set }
  /// About the bytes that the loss of a whole batch of so many samples takes.
  func joinedBytes(of count: Int) -> Int
}

extension TrainingTask {
  /// A sample's loss is its own.
  public var lossSpansRanks: Bool { false }
}

extension TrainingTask where Shared == Void {
  public func shared(_ batch: Batch, _ pass: Pass) {}
  public func finish(_ shared: Void, into gradients: Gradients) {}
}
