public import SubCore
public import SubData
public import SubTrain

/// A pretrained BERT on disk: a Hugging Face style folder, a weight file with its folder around it, or a run of ours.
public struct TextFolder {
  /// Where weights, configuration and tokenizer were found.
  public let path: String
  /// The network that the folder describes.
  public let config: BERTConfig
  /// The weights, seen through transformers' naming.
  public let weights: Weights
  /// The tokenizer beside them.
  public let tokenizer: WordPieceTokenizer
  /// What its classifier's outputs stand for: as `problem_type` says, else a number where there is one, and classes where
  /// there are several.
  public let problem: TextProblem
  /// The number of those outputs; nil: there is no classifier.
  public let labelCount: Int?
  /// What has to be said of the weights: which were taken, what was left out.
  public let remarks: [String]
  /// Keeps a running run from removing it.
  private let checkpoint: Checkpoint

  /// Opens a folder or file. A run stands for its newest checkpoint. `key`: which of several weights of a PyTorch file.
  public init(_ from: String, weights key: String? = nil) throws {
    var passed: [String] = []
    checkpoint = try Checkpoint.standing(for: from) { passed.append($0) }
    let file = checkpoint.path
    let folder = FileSystem.kind(file) == .folder ? file : FileSystem.parent(file)
    path = folder
    guard FileSystem.kind(file) != .absent else {
      throw InputError("there is no such file or folder", at: from, cure: "check the path")
    }
    let place = FileSystem.join(folder, "config.json")
    let source = try TensorFile.open(file, weights: key)
    let stored =
      try FileSystem.kind(place) == .file
      ? (json: JSON.read(place), place: place)
      : Companions(of: file, source).json("config.json")
    guard let stored else {
      throw InputError(
        "there is no config.json beside the weights", at: from,
        cure: "put the model's config.json and vocabulary there, as in a Hugging Face folder")
    }
    config = try BERTConfig(stored.json, place: stored.place)
    weights = try BERTFamily().recognised(source)
    let outputs = BERTFamily.labelCount(weights)
    labelCount = config.otherHead == nil ? outputs : nil
    problem = try Self.problem(JSONFields(stored.json, at: stored.place), outputs: labelCount)
    try source.checkFilling(config.weightCount, claimedAt: stored.place)
    tokenizer = try WordPieceTokenizer(folder: folder)
    guard tokenizer.vocabulary.count <= config.vocabularySize else {
      throw InputError(
        "the tokenizer has \(tokenizer.vocabulary.count) pieces, the model \(config.vocabularySize)", at: folder,
        cure: "put the vocabulary that belongs to the weights beside them")
    }
    let leftOut = outputs == nil ? nil : config.otherHead.map { "the classifier of a \($0) is left out" }
    remarks = passed + source.remarks + tokenizer.remarks + [leftOut].compactMap(\.self)
  }

  private static func problem(_ fields: JSONFields, outputs: Int?) throws -> TextProblem {
    guard let name = try fields.text("problem_type") else { return outputs == 1 ? .regression : .singleLabel }
    guard let problem = TextProblem(rawValue: name) else {
      throw fields.failure(
        "problem_type", "is '\(name)'",
        cure: "use one of \(TextProblem.allCases.map(\.rawValue).joined(separator: ", "))")
    }
    guard problem != .singleLabel || outputs != 1 else {
      throw fields.failure(
        "problem_type", "is \(name), and the classifier has one output",
        cure: "write regression for a number, or multi_label_classification for yes or no")
    }
    return problem
  }

  /// The number of a classifier's outputs. Throws where there is none.
  public func classifierOutputs() throws -> Int {
    if let labelCount { return labelCount }
    if let other = config.otherHead {
      throw InputError(
        "a \(other) classifies no whole texts (architectures)", at: config.place,
        cure: "give a model for texts or pairs (BertForSequenceClassification); masksub glue trains this one for them, "
          + "masksub embed makes vectors of sentences")
    }
    throw InputError(
      "there is no classifier beside the encoder", at: path,
      cure: "give a fine-tuned model (masksub glue makes one); masksub embed makes vectors of sentences")
  }

  /// The labels that it tells apart: its classes, by number where nobody named them; none: it says a number. Throws where
  /// it says several things of a text, for which there are no metrics here.
  public func labels() throws -> [String] {
    let count = try classifierOutputs()
    switch problem {
    case .regression where count == 1: return []
    case .singleLabel: return config.classNames(count) ?? (0..<count).map(String.init)
    default:
      throw InputError(
        "the model says \(problem == .regression ? "\(count) numbers" : "which of its classes are right, any of \(count)")"
          + ", which is not evaluated: problem_type is \(problem.rawValue)", at: config.place,
        cure: "see what it says with masksub predict; --logits FILE keeps its outputs")
    }
  }

  /// Puts the weights into the parameters of a network with so many labels. Where the file has no such classifier, one
  /// is started from `key`, unless the network is to be used as it is (`isTrained`).
  public func load(
    into set: ParameterSet, labels: Int, isTrained: Bool = false, startingFrom key: RandomKey
  ) throws -> LoadReport {
    if isTrained { _ = try classifierOutputs() }
    var plan = try BERTFamily.plan(weights, labels: labels, width: config.width, isTrained: isTrained)
    if labelCount == nil, !isTrained { plan.starts = ["head.*"] }
    return try set.load(weights, plan, startingFrom: key, .bert)
  }

  /// Writes a folder that this type, and transformers, can open: weights by `names`, configuration, vocabulary.
  public static func write(
    to folder: String, _ set: ParameterSet, config: JSON, tokenizer: WordPieceTokenizer, names: WeightNames
  ) throws {
    let arrays = set.parameters.map { ($0.name, $0.value.host()) }
    try write(to: folder, names.tensors(arrays), config: config, tokenizer: tokenizer)
  }

  /// The same with tensors as they are named there.
  static func write(
    to folder: String, _ tensors: [(name: String, array: HostArray)], config: JSON, tokenizer: WordPieceTokenizer
  ) throws {
    try Safetensors.write(tensors, metadata: [("format", "pt")], to: FileSystem.join(folder, "model.safetensors"))
    try AtomicFile.write(config.text(indent: 2) + "\n", to: FileSystem.join(folder, "config.json"))
    try AtomicFile.write(
      tokenizer.vocabulary.prefix(tokenizer.pieceCount).joined(separator: "\n") + "\n",
      to: FileSystem.join(folder, "vocab.txt"))
    if let whole = tokenizer.fileJSON {
      try AtomicFile.write(whole.text() + "\n", to: FileSystem.join(folder, "tokenizer.json"))
    }
    let settings: JSON = [
      "do_lower_case": .bool(tokenizer.normalizer.lowercases),
      "strip_accents": .bool(tokenizer.normalizer.stripsAccents),
      "tokenize_chinese_chars": .bool(tokenizer.normalizer.splitsIdeographs),
      "model_max_length": tokenizer.maxLength.map { .integer(Int64($0)) } ?? config["max_position_embeddings"] ?? 512,
    ]
    try AtomicFile.write(settings.text(indent: 2) + "\n", to: FileSystem.join(folder, "tokenizer_config.json"))
  }
}
