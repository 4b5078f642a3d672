public import SubCore
import SubData
public import SubNN
public import SubTrain

/// A network that learns to classify images, with the average of its weights where the recipe keeps one.
public final class VisionTraining: Trainable {
  /// The network.
  public let model: VisionRunModel
  public let source: VisionBatches
  private let average: EMA?
  private var evaluator: VisionEvaluator?
  private let masking: Masking?

  /// Training of a model. `emaDecay`: that of the average of weights that is evaluated; 0: the weights themselves are.
  /// `masking` hides parts of evaluated images, for `--analyze`.
  public init(
    _ model: VisionRunModel, on source: VisionBatches, emaDecay: Double = 0, evaluator: VisionEvaluator?,
    masking: Masking? = nil
  ) {
    (self.model, self.source, self.evaluator, self.masking) = (model, source, evaluator, masking)
    average = emaDecay > 0 ? EMA(model.parameters, decay: emaDecay) : nil
  }

  public var task: ImageClassification { model.task }
  public var parameters: ParameterSet { model.parameters }
  public var published: Naming { model.config.published }
  public var parts: [(name: String, part: any Checkpointed)] { average.map { [("ema", $0)] } ?? [] }
  public func afterUpdate() { average?.update() }
  public func write(to folder: String) throws { try model.write(to: folder) }
  public func read(from folder: String) throws { try model.read(from: folder) }

  public var fewestSamples: Int { task.model.fewestSamples }
  public var isEvaluated: Bool { evaluator != nil }
  public var evaluationHostBytes: Int { evaluator?.hostBytes ?? 0 }
  public var evaluationBatch: Int {
    get { evaluator?.batchSize ?? 0 }
    set { if newValue > 0 { evaluator?.batchSize = newValue } }
  }

  public func evaluate() throws -> Evaluation {
    guard let evaluator else { return Evaluation() }
    return try average?.evaluating { try evaluator(masking: masking) } ?? evaluator(masking: masking)
  }

  /// What the model says of some of the images that it is evaluated on, as it is evaluated.
  public func predictions(of count: Int) throws -> [ImagePrediction] {
    guard let evaluator else { return [] }
    return try average?.evaluating { try evaluator.predictions(of: count) } ?? evaluator.predictions(of: count)
  }

  public var remarks: [String] {
    source.batches.broken.remarks("passed over", over: source.batches.ranks) + (evaluator?.remarks ?? [])
  }
}
