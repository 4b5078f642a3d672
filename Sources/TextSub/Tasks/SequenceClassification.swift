public import SubCore
public import SubNN
public import SubTrain

/// Sentences (or pairs) with a class or a value: GLUE. Softmax cross-entropy, or mean squared error where there is one
/// logit, in which case the sub-branch reproduces the main branch's value.
public final class SequenceClassification: TrainingTask {
  /// The network.
  public let model: BERTForSequenceClassification
  /// Its loss.
  public let loss: Loss

  /// The task of a network.
  public init(_ model: BERTForSequenceClassification) {
    self.model = model
    loss = model.labelCount == 1 ? .meanSquaredError : .crossEntropy
  }

  public func forward(_ batch: TextBatch, _ shared: Void, _ pass: Pass) -> Tensor { model(batch, pass) }

  public func loss(_ output: Tensor, _ batch: TextBatch) -> Tensor {
    guard let target = batch.target else { preconditionFailure("a batch without labels cannot train") }
    return loss(output, target)
  }

  public func softTarget(of output: Tensor) -> Target { loss.softTarget(of: output) }
  public func loss(_ output: Tensor, mimicking target: Target) -> Tensor { loss(output, mimicking: target) }
}
