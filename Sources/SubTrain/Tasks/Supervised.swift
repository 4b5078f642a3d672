public import SubCore
public import SubNN

/// Inputs on the device, of whatever type a network takes, with what is to be said of them.
public struct Labelled<Input>: TrainingBatch {
  /// What the network sees.
  public let input: Input
  /// What it is to say.
  public let target: Target
  public let count: Int

  /// A batch with as many samples as the target has rows.
  public init(_ input: Input, _ target: Target) {
    (self.input, self.target) = (input, target)
    switch target {
    case .labels(let rows, _), .probabilities(let rows): count = rows.shape[0]
    }
  }
}

/// The task of a network of one's own: an output for every sample, judged by a loss.
public final class Supervised<Input>: TrainingTask {
  private let objective: Loss
  private let network: (_ input: Input, _ pass: Pass) -> Tensor

  /// Training of `network` by `objective`. What the pass says (masking, dropout) is the network's to heed.
  public init(_ objective: Loss, _ network: @escaping (_ input: Input, _ pass: Pass) -> Tensor) {
    (self.objective, self.network) = (objective, network)
  }

  public func forward(_ batch: Labelled<Input>, _ shared: Void, _ pass: Pass) -> Tensor { network(batch.input, pass) }
  public func loss(_ output: Tensor, _ batch: Labelled<Input>) -> Tensor { objective(output, batch.target) }
  public func softTarget(of output: Tensor) -> Target { objective.softTarget(of: output) }
  public func loss(_ output: Tensor, mimicking target: Target) -> Tensor { objective(output, mimicking: target) }
}

/// A task with its weights and its batches and nothing besides: the least that a `Trainer` trains.
public final class Training<Task: TrainingTask, Source: BatchSource>: Trainable where Source.Batch == Task.Batch {
  public let task: Task
  public let parameters: ParameterSet
  public let source: Source

  /// The three.
  public init(_ task: Task, _ parameters: ParameterSet, _ source: Source) {
    (self.task, self.parameters, self.source) = (task, parameters, source)
  }
}
