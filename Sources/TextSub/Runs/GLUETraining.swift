public import SubCore
public import SubData
public import SubNN
public import SubTrain

/// A BERT that learns a GLUE task.
public final class GLUETraining: Trainable {
  /// The network.
  public let model: TextRunModel
  public let source: ShuffledBatches<TextBatch>
  private let evaluator: TextEvaluator
  private let splits: [(split: GLUESplit, source: TextSource)]
  private let masking: Masking?

  /// Training of a model. `masking` hides tokens of evaluated sentences, for `--analyze`.
  public init(
    _ model: TextRunModel, _ glue: GLUETask, on source: ShuffledBatches<TextBatch>,
    evaluating splits: [(split: GLUESplit, source: TextSource)], masking: Masking? = nil
  ) {
    (self.model, self.source, self.splits, self.masking) = (model, source, splits, masking)
    evaluator = TextEvaluator(model.task, glue)
  }

  public var task: SequenceClassification { model.task }
  public var parameters: ParameterSet { model.parameters }
  public var published: Naming { .bert }
  public func evaluate() throws -> Evaluation { try evaluator(splits, masking: masking) }
  public func write(to folder: String) throws { try model.write(to: folder) }
  public func read(from folder: String) throws { try model.read(from: folder) }
}
