import SubCore
import SubNN
import SubTrain
import VisionSub

/// A vision model that learns to classify images, with the average of its weights where the recipe keeps one.
final class VisionTraining: Trainable {
  let model: VisionRunModel
  let source: VisionBatches
  private let average: EMA?
  private let evaluator: VisionEvaluator?
  private let masking: Masking?

  /// `masking` hides patches of evaluated images, for `--analyze`.
  init(
    _ model: VisionRunModel, on source: VisionBatches, average: EMA?, evaluator: VisionEvaluator?, masking: Masking?
  ) {
    (self.model, self.source, self.average) = (model, source, average)
    (self.evaluator, self.masking) = (evaluator, masking)
  }

  var task: ImageClassification { model.task }
  var parameters: ParameterSet { model.parameters }
  var published: Naming { model.config.published }
  var parts: [(name: String, part: any Checkpointed)] { average.map { [("ema", $0)] } ?? [] }
  func afterUpdate() { average?.update() }
  func write(to folder: String) throws { try model.write(to: folder) }
  func read(from folder: String) throws { try model.read(from: folder) }

  func evaluate() throws -> Evaluation {
    guard let evaluator else { return Evaluation() }
    return try average?.evaluating { try evaluator(masking: masking) } ?? evaluator(masking: masking)
  }
}
