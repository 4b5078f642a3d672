import SubCore
import SubData
import SubNN
import SubTrain
import TextSub

/// A BERT that learns a GLUE task.
final class GlueTraining: Trainable {
  let model: GlueModel
  let source: ShuffledBatches<TextBatch>
  private let evaluator: TextEvaluator
  private let splits: [(split: GLUESplit, source: TextSource)]
  private let masking: Masking?

  /// `masking` hides tokens of evaluated sentences, for `--analyze`.
  init(
    _ model: GlueModel, _ glue: GLUETask, on source: ShuffledBatches<TextBatch>,
    evaluating splits: [(split: GLUESplit, source: TextSource)], masking: Masking?
  ) {
    (self.model, self.source, self.splits, self.masking) = (model, source, splits, masking)
    evaluator = TextEvaluator(model.task, glue)
  }

  var task: SequenceClassification { model.task }
  var parameters: ParameterSet { model.parameters }
  var published: Naming { .bert }
  func evaluate() throws -> Evaluation { try evaluator(splits, masking: masking) }
  func write(to folder: String) throws { try model.write(to: folder) }
  func read(from folder: String) throws { try model.read(from: folder) }
}
