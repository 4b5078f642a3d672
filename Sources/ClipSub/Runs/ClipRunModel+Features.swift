import Foundation
import SubCore
import SubData
import SubNN
public import VisionSub

// A CLIP as it is used.
extension ClipRunModel {
  /// Pictures → features of length 1, [N, E].
  public func imageFeatures(batchSize: Int = 64, workers: Int, maxBroken: Int = 100) -> ImageFunction {
    function(batchSize, workers, maxBroken) { [model] in model.imageFeatures($0, .evaluation) }
  }

  /// Pictures → similarities to the classes of a zero-shot classifier by the model's own scale, [N, classes]: logits.
  public func logits(
    _ classifier: ZeroShotClassifier, batchSize: Int = 64, workers: Int, maxBroken: Int = 100
  ) -> ImageFunction {
    let scale = exp(model.logitScale.tensor.item)
    return function(batchSize, workers, maxBroken) { [model] in
      model.imageFeatures($0, .evaluation).linear(classifier.weights) * scale
    }
  }

  /// Texts → features of length 1, a row each; texts that are too long are cut.
  public func textFeatures(_ texts: [String]) -> [[Float]] {
    guard !texts.isEmpty else { return [] }
    let (length, width) = (config.text.contextLength, config.embedWidth)
    let tokens = texts.map { tokenizer.tokenize($0, contextLength: length) }
    let values = Tape.withoutRecording {
      model.textFeatures(tokens, .evaluation, on: parameters.arena.device).floats()
    }
    return texts.indices.map { Array(values[$0 * width..<($0 + 1) * width]) }
  }

  private func function(
    _ batchSize: Int, _ workers: Int, _ maxBroken: Int, _ compute: @escaping (Tensor) -> Tensor
  ) -> ImageFunction {
    ImageFunction(
      preparation.pipeline(size: config.image.size), batchSize: batchSize, workers: workers,
      maxBroken: maxBroken, on: parameters.arena.device, compute)
  }
}
