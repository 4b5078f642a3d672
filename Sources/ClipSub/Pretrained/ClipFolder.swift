public import SubCore
public import SubData
public import SubTrain

/// A CLIP on disk: a weight file, a folder of open_clip's, Hugging Face's or our own, or a run of ours.
public struct ClipFolder {
  /// Where everything was found.
  public let path: String
  /// The model's sizes.
  public let config: ClipConfig
  /// The weights, seen through the naming that was recognised.
  public let weights: Weights
  /// The merges that lie beside the weights; nil: none do.
  public let mergesPath: String?

  /// Keeps a running run from removing it.
  private let checkpoint: Checkpoint

  private static let configurationName = "open_clip_config.json"
  private static let weightNames = ["open_clip_model.safetensors", "open_clip_pytorch_model.bin"]
  private static let mergesNames = ["merges.txt", "bpe_simple_vocab_16e6.txt.gz"]

  /// Opens a file or folder. A run stands for its newest checkpoint. The sizes are those of an `open_clip_config.json`
  /// or `config.json` beside the weights, of `given`, of `model` (an open_clip name), or else the weights' own; the
  /// activation of weights that say nothing else is QuickGELU for OpenAI's archives and Hugging Face's models, GELU for
  /// open_clip's.
  public init(
    _ from: String, model: String? = nil, config given: ClipConfig? = nil, note: (String) -> Void = { _ in }
  ) throws {
    checkpoint = try Checkpoint.standing(for: from, note: note)
    var file = checkpoint.path
    var folder = file
    if FileSystem.kind(file) == .folder {
      if let name = Self.weightNames.first(where: { FileSystem.kind(FileSystem.join(folder, $0)) == .file }) {
        file = FileSystem.join(folder, name)
      }
    } else {
      folder = FileSystem.parent(file)
    }
    path = folder
    weights = try CLIPFamily().recognised(TensorFile.open(file))
    mergesPath = Self.mergesNames.lazy.map { FileSystem.join(folder, $0) }.first { FileSystem.kind($0) == .file }
    config = try given ?? Self.config(folder, weights, model: model)
    try weights.source.checkFilling(config.weightCount, claimedAt: folder)
  }

  private static func config(_ folder: String, _ weights: Weights, model: String?) throws -> ClipConfig {
    let open = FileSystem.join(folder, configurationName)
    let hugging = FileSystem.join(folder, "config.json")
    if let model {
      guard let named = ClipConfig(named: model) else {
        throw InputError(
          "model '\(model)' is unknown", at: "--model", cure: "use one of \(ClipConfig.names.joined(separator: ", "))",
          isUsage: true)
      }
      // The weights have the last word on sizes: another resolution, or fewer layers.
      return try ClipConfig(weights, activation: named.activation)
    }
    if FileSystem.kind(open) == .file { return try ClipConfig(JSON.read(open), place: open) }
    guard weights.naming == .huggingFaceCLIP, FileSystem.kind(hugging) == .file else { return try ClipConfig(weights) }
    let json = try JSON.read(hugging)
    let action =
      json["vision_config"]?["hidden_act"]?.string ?? json["text_config"]?["hidden_act"]?.string ?? "quick_gelu"
    guard let activation = ["quick_gelu": Activation.quickGelu, "gelu": .gelu][action] else {
      throw InputError("hidden_act '\(action)' is unknown", at: hugging, cure: "use a CLIP with quick_gelu or gelu")
    }
    var config = try ClipConfig(weights, activation: activation)
    if let heads = json["vision_config"]?["num_attention_heads"]?.int, heads > 0, config.image.width % heads == 0 {
      config.image.heads = heads
    }
    if let heads = json["text_config"]?["num_attention_heads"]?.int, heads > 0, config.text.width % heads == 0 {
      config.text.heads = heads
    }
    return config
  }

  /// Puts the weights into a model's parameters; position embeddings of other sizes are fitted as open_clip does it.
  public func load(into set: ParameterSet) throws -> LoadReport {
    let plan = LoadPlan(fits: [("visual.pos_embed", .grid(prefix: 1, antialiased: true)), ("text.pos_embed", .line)])
    return try set.load(weights, plan, startingFrom: RandomKey(seed: 0), .openClip)
  }

  /// Writes a folder that this type can open, and open_clip or transformers: weights by `names`, the configuration, and
  /// the merges of the tokenizer where there are any.
  public static func write(
    to folder: String, _ set: ParameterSet, _ config: ClipConfig, _ names: WeightNames, merges: BytePairMerges?
  ) throws {
    try set.write(to: FileSystem.join(folder, "model.safetensors"), names)
    try AtomicFile.write(config.json.text(indent: 2) + "\n", to: FileSystem.join(folder, configurationName))
    if names.naming == .huggingFaceCLIP {
      try AtomicFile.write(config.huggingFaceJSON.text(indent: 2) + "\n", to: FileSystem.join(folder, "config.json"))
    }
    if let merges { try AtomicFile.write(merges.fileText, to: FileSystem.join(folder, mergesNames[0])) }
  }
}

extension ClipConfig {
  /// The configuration as transformers' `CLIPConfig`.
  var huggingFaceJSON: JSON {
    func count(_ number: Int) -> JSON { .integer(Int64(number)) }
    let action: JSON = activation == .quickGelu ? "quick_gelu" : "gelu"
    return [
      "architectures": ["CLIPModel"], "model_type": "clip", "projection_dim": count(embedWidth),
      "logit_scale_init_value": 2.6592,
      "text_config": [
        "model_type": "clip_text_model", "hidden_act": action, "hidden_size": count(text.width),
        "intermediate_size": count(text.mlpWidth), "num_hidden_layers": count(text.layers),
        "num_attention_heads": count(text.heads), "max_position_embeddings": count(text.contextLength),
        "vocab_size": count(text.vocabularySize), "projection_dim": count(embedWidth), "layer_norm_eps": 1e-5,
        "bos_token_id": count(text.vocabularySize - 2), "eos_token_id": count(text.vocabularySize - 1),
      ],
      "vision_config": [
        "model_type": "clip_vision_model", "hidden_act": action, "hidden_size": count(image.width),
        "intermediate_size": count(image.mlpWidth), "num_hidden_layers": count(image.layers),
        "num_attention_heads": count(image.heads), "image_size": count(image.size), "patch_size": count(image.patch),
        "projection_dim": count(embedWidth), "layer_norm_eps": 1e-5,
      ],
    ]
  }
}
