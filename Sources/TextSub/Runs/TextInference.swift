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
  /// How logits become probabilities; nil: they are values.
  public var likelihood: Likelihood? {
    switch problem {
    case .regression: nil
    case .singleLabel: .softmax
    case .multiLabel: .sigmoid
    }
  }
  /// What logits stand for.
  public let problem: TextProblem
  let path: String
  private let maxLength: Int?
  /// Whether the weights have a classifier.
  let hasClassifier: Bool
  let parameters: ParameterSet
  let tokenizer: WordPieceTokenizer
  private let model: BERTForSequenceClassification
  private let device: Device

  /// The network in `folder`. `maxLength`: tokens beyond which texts are cut, if the network and its tokenizer's files do
  /// not say fewer.
  ///
  /// - Parameter needsClassifier: whether weights without a classifier are an error.
  public init(
    _ folder: TextFolder, maxLength: Int? = nil, needsClassifier: Bool = true, _ settings: RunSettings = RunSettings()
  ) throws {
    let labels = needsClassifier ? try folder.classifierOutputs() : folder.labelCount
    model = BERTForSequenceClassification(folder.config, labels: labels ?? 1)
    hasClassifier = labels != nil
    parameters = ParameterSet(model, precision: settings.precision, on: settings.device, key: nil)
    let report = try folder.load(
      into: parameters, labels: model.labelCount, isTrained: needsClassifier, startingFrom: RandomKey(seed: 0))
    classNames = folder.config.classNames(model.labelCount)
    let remark = SequenceReader(folder.tokenizer, for: folder.config).remark(maxLength)
    details = folder.remarks + (needsClassifier ? report.details + [remark].compactMap(\.self) : [])
    (tokenizer, device, path, self.maxLength) = (folder.tokenizer, settings.device, folder.path, maxLength)
    problem = folder.problem
  }

  var config: BERTConfig { model.config }
  var labelCount: Int { model.labelCount }

  /// What its outputs are called where they are printed; nil: classes by their numbers, or one value.
  public var outputNames: [String]? {
    classNames ?? (problem == .regression && labelCount > 1 ? (0..<labelCount).map(String.init) : nil)
  }

  /// The logits of every sentence or pair. Throws where the network cannot take them.
  public func logits(_ examples: [TextExample]) throws -> [[Float]] {
    try rows(examples, SequenceReader(tokenizer, for: config)) { model($0, .evaluation) }
  }

  /// How vectors of sentences are made: as `pooling` says, else what lies beside the weights, else the tokens' mean.
  public func sentences(_ pooling: TextPooling? = nil) throws -> SentenceVectors {
    var vectors =
      try SentenceVectors(beside: path, replaced: pooling)
      ?? SentenceVectors(pooling ?? .mean, source: pooling == nil ? "a guess: --pooling" : "--pooling")
    vectors.maxLength = vectors.maxLength ?? tokenizer.maxLength
    return vectors
  }

  /// A vector for every sentence or pair. Throws where the network cannot take them.
  public func features(_ examples: [TextExample], _ vectors: SentenceVectors) throws -> [[Float]] {
    let reader = SequenceReader(
      vectors.lowercases ? tokenizer.lowercasing() : tokenizer, for: config, limit: vectors.maxLength)
    let prompted = examples.map { example in
      var example = example
      example.first = vectors.prompt + example.first
      return example
    }
    return try rows(prompted, reader) { batch in
      let rows = model.features(batch, vectors.pooling, .evaluation)
      return vectors.normalizes ? rows.normalizedRows() : rows
    }
  }

  private func rows(
    _ examples: [TextExample], _ reader: SequenceReader, _ compute: (TextBatch) -> Tensor
  ) throws -> [[Float]] {
    guard !examples.isEmpty else { return [] }
    let sequences = try examples.map { try reader.sequence($0, maxLength: maxLength) }
    let values = Tape.withoutRecording {
      compute(TextBatch(sequences, target: nil, maskID: tokenizer.maskID, on: device)).floats()
    }
    let width = values.count / examples.count
    return examples.indices.map { Array(values[$0 * width..<($0 + 1) * width]) }
  }
}
