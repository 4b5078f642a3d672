import SubCore
public import SubData
import SubNN
public import SubTrain

/// A BERT from files as it is used: sentences or pairs in, logits or features out.
public struct TextInference {
  /// What its classes are called, by number, where the files say so.
  public let classNames: [String]?
  /// What became of the weights, in a line each.
  public let details: [String]
  /// Tokens of a sequence; longer ones are cut.
  public let maxLength: Int
  /// How logits become probabilities; nil: its one logit is a value.
  public let likelihood: Likelihood?
  private let path: String
  /// Whether the weights have a classifier.
  let hasClassifier: Bool
  let parameters: ParameterSet
  let tokenizer: WordPieceTokenizer
  private let model: BERTForSequenceClassification
  private let device: Device

  /// The network in `folder`. `maxLength` nil: as many tokens as it has positions.
  ///
  /// - Parameter needsClassifier: whether weights without a classifier are an error.
  public init(
    _ folder: TextFolder, maxLength: Int? = nil, needsClassifier: Bool = true, _ settings: RunSettings = RunSettings()
  ) throws {
    let labels = BERTFamily.labelCount(folder.weights)
    guard labels != nil || !needsClassifier else {
      throw InputError(
        "there is no classifier beside the encoder", at: folder.path,
        cure: "give a fine-tuned model (masksub glue makes one); masksub embed makes vectors of sentences")
    }
    model = BERTForSequenceClassification(folder.config, labels: labels ?? 1)
    hasClassifier = labels != nil
    parameters = ParameterSet(model, precision: settings.precision, on: settings.device, key: nil)
    let report = try folder.load(
      into: parameters, labels: model.labelCount, isTrained: needsClassifier, startingFrom: RandomKey(seed: 0))
    let names = folder.config.labels
    let isNamed = names.count == model.labelCount && !names.allSatisfy { $0.hasPrefix("LABEL_") }
    classNames = isNamed ? names : nil
    // transformers' own rule: one label is a regression.
    likelihood = model.labelCount == 1 ? nil : folder.isMultiLabel ? .sigmoid : .softmax
    details = folder.remarks + (needsClassifier ? report.details : [])
    self.maxLength = min(maxLength ?? folder.config.positions, folder.config.positions)
    (tokenizer, device, path) = (folder.tokenizer, settings.device, folder.path)
  }

  var config: BERTConfig { model.config }
  var labelCount: Int { model.labelCount }

  /// The logits of every sentence or pair.
  public func logits(_ examples: [TextExample]) -> [[Float]] { rows(examples) { model($0, .evaluation) } }

  /// How vectors of sentences are made: as `pooling` says, else what lies beside the weights, else the tokens' mean.
  public func sentences(_ pooling: TextPooling? = nil) throws -> SentenceVectors {
    try SentenceVectors(beside: path, replaced: pooling)
      ?? SentenceVectors(pooling ?? .mean, source: pooling == nil ? "a guess: --pooling" : "--pooling")
  }

  /// A vector for every sentence or pair.
  public func features(_ examples: [TextExample], _ vectors: SentenceVectors) -> [[Float]] {
    rows(examples, limit: vectors.maxLength) { batch in
      let rows = model.features(batch, vectors.pooling, .evaluation)
      return vectors.normalizes ? rows.normalizedRows() : rows
    }
  }

  private func rows(_ examples: [TextExample], limit: Int? = nil, _ compute: (TextBatch) -> Tensor) -> [[Float]] {
    guard !examples.isEmpty else { return [] }
    let length = min(maxLength, max(2, limit ?? maxLength))
    let sequences = examples.map { TextBatch.Sequence($0, tokenizer, maxLength: length) }
    let values = Tape.withoutRecording {
      compute(TextBatch(sequences, target: nil, maskID: tokenizer.maskID, on: device)).floats()
    }
    let width = values.count / examples.count
    return examples.indices.map { Array(values[$0 * width..<($0 + 1) * width]) }
  }
}
