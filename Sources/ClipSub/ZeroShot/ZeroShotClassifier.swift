public import SubCore
public import SubData
import SubNN

/// A classifier made of sentences: for every class the normalised mean of the features of its prompts.
public struct ZeroShotClassifier {
  /// [classes, E], rows of length 1.
  public let weights: Tensor
  /// The number of classes.
  public var count: Int { weights.shape[0] }

  /// Computes the features of all prompts, some classes at a time, which ranks do in turn.
  public init(
    _ model: CLIP, _ tokenizer: BytePairTokenizer, _ classes: ClassNames, _ templates: PromptTemplates,
    promptsAtOnce: Int = 256, sharedBy ranks: any Communicator = SingleProcess(), on device: Device
  ) {
    let length = model.config.text.contextLength
    let perClass = templates.templates.count
    let atOnce = max(1, promptsAtOnce / perClass)
    let count = classes.names.count
    let parts = Tape.withoutRecording {
      (0..<ranks.turns(at: (count + atOnce - 1) / atOnce)).map { turn -> [Float] in
        let first = (turn * ranks.count + ranks.rank) * atOnce
        guard first < count else { return [] }
        let names = classes.names[first..<min(count, first + atOnce)]
        let texts = names.flatMap { templates.prompts(for: $0) }.map { tokenizer.tokenize($0, contextLength: length) }
        return model.textFeatures(texts, .evaluation, on: device)
          .segmentMean(Segments(count: names.count, length: perClass, on: device)).normalizedRows().floats()
      }
    }
    weights = Tensor(HostArray(ranks.inTurn(parts), shape: [count, model.config.embedWidth]), on: device)
  }

  /// Similarities of image features [N, E] to the classes, row-major [N, classes].
  public func scores(_ imageFeatures: Tensor) -> [Float] {
    Tape.withoutRecording { imageFeatures.linear(weights).floats() }
  }
}
