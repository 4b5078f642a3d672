import ClipSub
import SubCore
import SubNN
import SubTrain

/// A CLIP that learns which captions belong to which images.
final class ClipTraining: Trainable {
  let model: ClipModel
  let task: ContrastiveTask
  let source: CaptionSource
  private var evaluation: ZeroShotEvaluation?
  private let masking: Masking?

  /// `masking` hides patches of evaluated images, for `--analyze`.
  init(
    _ model: ClipModel, pieces: Int, on source: CaptionSource, evaluating evaluation: ZeroShotEvaluation?,
    masking: Masking?
  ) {
    (self.model, self.source, self.evaluation, self.masking) = (model, source, evaluation, masking)
    task = ContrastiveTask(model.model, pieces: pieces)
  }

  var parameters: ParameterSet { model.parameters }
  var published: Naming { .openClip }
  func afterUpdate() { model.model.clampLogitScale() }
  func evaluate() throws -> Evaluation { try evaluation?(masking: masking) ?? Evaluation() }
  func write(to folder: String) throws { try model.write(to: folder) }
  func read(from folder: String) throws { try model.read(from: folder) }
}
