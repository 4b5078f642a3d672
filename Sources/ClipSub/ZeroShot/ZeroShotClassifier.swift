public import SubCore
public import SubData
import SubNN

/// A classifier made of sentences: for every class the normalised mean of the features of its prompts.
public struct ZeroShotClassifier {
  /// [classes, E], rows of length 1.
  public let weights: Tensor
  /// The number of classes.
  public var count: Int { weights.shape[0] }

  /// Computes the features of all prompts, some classes at a time.
  public init(
    _ model: CLIP, _ tokenizer: BytePairTokenizer, _ classes: ClassNames, _ templates: PromptTemplates,
    promptsAtOnce: Int = 256, on device: Device
  ) {
    let length = model.config.text.contextLength
    let perClass = templates.templates.count
    let atOnce = max(1, promptsAtOnce / perClass)
    weights = Tape.withoutRecording {
      let parts = stride(from: 0, to: classes.names.count, by: atOnce).map { first in
        let names = classes.names[first..<min(classes.names.count, first + atOnce)]
        let texts = names.flatMap { templates.prompts(for: $0) }.map { tokenizer.tokenize($0, contextLength: length) }
        return model.textFeatures(texts, .evaluation, on: device)
          .segmentMean(Segments(count: names.count, length: perClass, on: device)).normalizedRows()
      }
      return Tensor.concatenated(parts).reshaped([classes.names.count, model.config.embedWidth])
    }
  }

  /// Similarities of image features [N, E] to the classes, row-major [N, classes].
  public func scores(_ imageFeatures: Tensor) -> [Float] {
    Tape.withoutRecording { imageFeatures.linear(weights).floats() }
  }
}
