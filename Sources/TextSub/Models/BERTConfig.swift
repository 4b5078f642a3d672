public import SubCore
public import SubData
import SubTrain

/// The fields of a Hugging Face `config.json` that decide what a BERT computes. Unknown fields are ignored, as there.
public struct BERTConfig: Sendable, Equatable {
  /// Word pieces.
  public var vocabularySize = 30522
  /// Features of a token.
  public var width = 768
  /// Encoder layers.
  public var layers = 12
  /// Attention heads of a layer.
  public var heads = 12
  /// Features inside an MLP.
  public var intermediateWidth = 3072
  /// Between the MLP's two layers.
  public var activation = Activation.gelu
  /// After the embeddings, attention and MLP.
  public var dropout: Float = 0.1
  /// Of attention probabilities.
  public var attentionDropout: Float = 0.1
  /// Before the classifier; nil: as `dropout`.
  public var classifierDropout: Float?
  /// The longest sequence.
  public var positions = 512
  /// Segments that a pair may have.
  public var types = 2
  /// Of the layer norms.
  public var epsilon = 1e-12
  /// The standard deviation of new weights.
  public var deviation = 0.02
  /// The piece that fills up short sequences, whose row of the table stays as it is (`padding_idx` of PyTorch); nil: none.
  public var padID: Int? = 0
  /// Class names in the order of their ids, where the file names them.
  public var labels: [String] = []
  /// The classes of transformers' that wrote it, where the file names them.
  public var architectures: [String] = []
  /// Where it was read, for errors.
  public var place = "config.json"

  /// bert-base-uncased.
  public init() {}

  /// Reads a `config.json`.
  public init(_ json: JSON, place: String) throws {
    self.init()
    self.place = place
    guard json.object != nil else {
      throw InputError("this is no JSON object", at: place, cure: "give a Hugging Face BERT config.json")
    }
    if let type = json["model_type"]?.string, type != "bert" {
      throw InputError("model_type is '\(type)'", at: place, cure: "use a BERT; other architectures are not supported")
    }
    let fields = JSONFields(json, at: place)
    func count(_ key: String, _ value: inout Int) throws { value = try fields.count(key, in: 1...1 << 24) ?? value }
    func rate(_ key: String) throws -> Double? {
      try fields.number(key, "a number from 0 up to 1") { $0 >= 0 && $0 < 1 }
    }
    try count("vocab_size", &vocabularySize)
    try count("hidden_size", &width)
    try count("num_hidden_layers", &layers)
    try count("num_attention_heads", &heads)
    try count("intermediate_size", &intermediateWidth)
    try count("max_position_embeddings", &positions)
    try count("type_vocab_size", &types)
    padID =
      json["pad_token_id"]?.isNull == true ? nil : try fields.count("pad_token_id", in: 0...vocabularySize - 1) ?? 0
    guard width % heads == 0 else {
      throw InputError(
        "hidden_size \(width) is no multiple of num_attention_heads \(heads)", at: place, cure: "correct the fields")
    }
    dropout = try rate("hidden_dropout_prob").map { Float($0) } ?? dropout
    attentionDropout = try rate("attention_probs_dropout_prob").map { Float($0) } ?? attentionDropout
    classifierDropout = try rate("classifier_dropout").map { Float($0) }
    epsilon = try rate("layer_norm_eps") ?? epsilon
    deviation = try rate("initializer_range") ?? deviation
    if let name = json["hidden_act"]?.string {
      guard let known = Activation(huggingFace: name) else {
        throw InputError(
          "hidden_act '\(name)' is unknown", at: place,
          cure: "use one of \(Activation.huggingFaceNames.joined(separator: ", "))")
      }
      activation = known
    }
    if let kind = json["position_embedding_type"]?.string, kind != "absolute" {
      throw InputError(
        "position_embedding_type '\(kind)'", at: place,
        cure: "use a BERT with absolute positions; no other is supported")
    }
    try Self.refuseVariants(json, place)
    labels = Self.labelNames(json)
    architectures = json["architectures"]?.array?.compactMap(\.string) ?? []
  }

  /// Fields by which a BERT computes something else than is built here; off, they change nothing.
  private static func refuseVariants(_ json: JSON, _ place: String) throws {
    for (key, what) in [
      ("is_decoder", "each token then sees only those before it"),
      ("add_cross_attention", "there is no second sequence"),
      ("quantization_config", "the weights are quantized"), ("pruned_heads", "heads are missing from the weights"),
    ] {
      guard let value = json[key], !value.isNull, value.bool != false, value.object?.members.isEmpty != true else {
        continue
      }
      throw InputError("'\(key)' is not supported: \(what)", at: place, cure: "use a plain BERT encoder")
    }
  }

  /// The fields under their names in `config.json`; `problem`: what a classifier's outputs stand for, which are called
  /// `names`, nil: there is none.
  public func json(labels names: [String] = [], problem: TextProblem?) -> JSON {
    var fields: JSON.Object = [
      "architectures": [problem == nil ? "BertModel" : "BertForSequenceClassification"], "model_type": .string("bert"),
      "vocab_size": .integer(Int64(vocabularySize)), "hidden_size": .integer(Int64(width)),
      "num_hidden_layers": .integer(Int64(layers)), "num_attention_heads": .integer(Int64(heads)),
      "intermediate_size": .integer(Int64(intermediateWidth)),
      "hidden_act": .string(activation.huggingFaceName),
      "hidden_dropout_prob": JSON(dropout), "attention_probs_dropout_prob": JSON(attentionDropout),
      "classifier_dropout": classifierDropout.map { JSON($0) } ?? .null,
      "max_position_embeddings": .integer(Int64(positions)), "type_vocab_size": .integer(Int64(types)),
      "layer_norm_eps": .number(epsilon), "initializer_range": .number(deviation),
      "pad_token_id": padID.map { .integer(Int64($0)) } ?? .null,
      "position_embedding_type": .string("absolute"),
    ]
    guard let problem else { return .object(fields) }
    fields["problem_type"] = .string(problem.rawValue)
    fields["id2label"] = .object(
      JSON.Object(names.enumerated().map { (key: "\($0.offset)", value: .string($0.element)) }))
    fields["label2id"] = .object(
      JSON.Object(names.enumerated().map { (key: $0.element, value: .integer(Int64($0.offset))) }))
    return .object(fields)
  }

  /// Whose classifier the weights' is, where it is none of whole texts: transformers' models of words or of choices name
  /// theirs alike. A pretrained model's configuration says nothing of it.
  var otherHead: String? {
    let encoders: Set = [
      "BertModel", "BertForPreTraining", "BertForMaskedLM", "BertLMHeadModel", "BertForNextSentencePrediction",
    ]
    return architectures.allSatisfy { !$0.hasSuffix("ForSequenceClassification") && !encoders.contains($0) }
      ? architectures.first : nil
  }

  /// About how many weights the encoder has; a double, for a file may claim anything.
  var weightCount: Double {
    let width = Double(width)
    let embeddings = Double(vocabularySize + positions + types) * width
    return embeddings + Double(layers) * (4 * width * width + 2 * width * Double(intermediateWidth))
  }

  /// What so many classes are called, by number; nil where nobody named them: transformers then writes `LABEL_0`, …, or no
  /// names of two.
  public func classNames(_ count: Int) -> [String]? {
    labels.count == count && labels != Self.namelessLabels(count) ? labels : nil
  }

  /// What transformers calls classes without names.
  static func namelessLabels(_ count: Int) -> [String] { (0..<count).map { "LABEL_\($0)" } }

  /// The row of a fine-tuned classifier for each of a task's labels, by the names that this configuration gives the rows
  /// (`id2label`), in capitals or not, as run_glue has it; nil where it names other things.
  public func classifierRows(for task: [String]) -> [Int]? {
    let names = labels.map { $0.lowercased() }
    guard names.count == task.count, Set(names) == Set(task.map { $0.lowercased() }) else { return nil }
    return task.map { names.firstIndex(of: $0.lowercased())! }
  }

  private static func labelNames(_ json: JSON) -> [String] {
    json["id2label"]?.namesByNumber ?? []
  }
}
