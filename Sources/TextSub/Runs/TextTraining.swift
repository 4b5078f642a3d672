public import SubCore
public import SubData
public import SubNN
public import SubTrain

/// A BERT that learns what is to be said of texts.
public final class TextTraining: Trainable {
  /// The network.
  public let model: TextRunModel
  public let source: ShuffledBatches<TextBatch>
  private let evaluator: TextEvaluator
  private let evaluated: [TextSource]
  private let masking: Masking?
  private let ranks: any Communicator

  /// Training of a model. `masking` hides tokens of evaluated sentences, for `--analyze`. `ranks` share what is evaluated.
  public init(
    _ model: TextRunModel, _ goal: TextTask, on source: ShuffledBatches<TextBatch>, evaluating parts: [TextSource],
    masking: Masking? = nil, ranks: any Communicator = SingleProcess()
  ) {
    (self.model, self.source, evaluated, self.masking, self.ranks) = (model, source, parts, masking, ranks)
    evaluator = TextEvaluator(model.task, goal, ranks: ranks)
  }

  public var task: SequenceClassification { model.task }
  public var parameters: ParameterSet { model.parameters }
  public var published: Naming { .bert }
  public func evaluate() throws -> Evaluation { try evaluator(evaluated, masking: masking) }
  public var evaluationBatch: Int {
    get { evaluated.map { ranks.rows(of: min($0.batchSize, $0.count), at: 0).count }.max() ?? 0 }
    set { if newValue > 0 { for part in evaluated { part.batchSize = newValue * ranks.count } } }
  }
  public func write(to folder: String) throws { try model.write(to: folder) }
  public func read(from folder: String) throws { try model.read(from: folder) }
}
