public import SubCore
public import SubData
public import SubTrain
public import VisionSub

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
  /// How images are prepared for the weights: as CLIP does unless something beside them says otherwise.
  public let preparation: ImagePreparation
  /// What has to be said of the weights: which were taken, and what was guessed of them.
  public let remarks: [String]
  /// Keeps a running run from removing it.
  private let checkpoint: Checkpoint

  private static let configurationName = "open_clip_config.json"
  private static let mergesNames = ["merges.txt", "bpe_simple_vocab_16e6.txt.gz"]

  /// Opens a file or folder. A run stands for its newest checkpoint. Sizes are those of the tensors' shapes. Heads and
  /// activation are what `hints` say, else an `open_clip_config.json` or `config.json` beside the weights, else what
  /// OpenAI's archives have, else what `model` (an open_clip name) has, else guesses. `given` replaces all of it.
  public init(
    _ from: String, model: String? = nil, config given: ClipConfig? = nil, _ hints: WeightHints = WeightHints()
  ) throws {
    var passed: [String] = []
    checkpoint = try Checkpoint.standing(for: from) { passed.append($0) }
    let file = Companions.weightPlace(checkpoint.path)
    let folder = FileSystem.kind(checkpoint.path) == .folder ? checkpoint.path : FileSystem.parent(file)
    path = folder
    let source = try TensorFile.open(file, weights: hints.key)
    let beside = Companions(of: FileSystem.kind(from) == .folder ? folder : file, source)
    try ClipRecognition.checkArchitecture(of: source, beside)
    weights = try CLIPFamily().recognised(source)
    mergesPath = Self.mergesNames.lazy.map { FileSystem.join(folder, $0) }.first { FileSystem.kind($0) == .file }
    let found = try ClipRecognition(weights, beside: beside, model: model, given: given, hints)
    config = found.config
    preparation = ImagePreparation.clip.overridden(
      by: try ImagePreparation(beside, source, description: beside.json("config.json")))
    remarks = passed + source.remarks + found.remarks
    try weights.source.checkFilling(config.weightCount, claimedAt: folder)
  }

  /// Puts the weights into a model's parameters; position embeddings of other sizes are fitted as open_clip does it.
  public func load(into set: ParameterSet) throws -> LoadReport {
    let plan = LoadPlan(fits: [("visual.pos_embed", .grid(prefix: 1, antialiased: true)), ("text.pos_embed", .line)])
    return try set.load(weights, plan, startingFrom: RandomKey(seed: 0), .openClip)
  }

  /// Writes a folder that this type can open, and open_clip or transformers: weights by `names`, the configuration, and
  /// the merges of the tokenizer where there are any.
  public static func write(
    to folder: String, _ set: ParameterSet, _ config: ClipConfig, _ preparation: ImagePreparation, _ names: WeightNames,
    merges: BytePairMerges?
  ) throws {
    try set.write(to: FileSystem.join(folder, "model.safetensors"), names)
    try writeOpenClipConfiguration(to: folder, config, preparation)
    if names.naming == .huggingFaceCLIP {
      try AtomicFile.write(config.huggingFaceJSON.text(indent: 2) + "\n", to: FileSystem.join(folder, "config.json"))
    }
    if let merges { try AtomicFile.write(merges.fileText, to: FileSystem.join(folder, mergesNames[0])) }
  }

  /// Writes `open_clip_config.json`.
  static func writeOpenClipConfiguration(
    to folder: String, _ config: ClipConfig, _ preparation: ImagePreparation
  ) throws {
    guard var description = config.json.object else { preconditionFailure("ClipConfig: \(config.json)") }
    description["preprocess_cfg"] = preparation.openClipJSON(size: config.image.size)
    try AtomicFile.write(
      JSON.object(description).text(indent: 2) + "\n", to: FileSystem.join(folder, configurationName))
  }
}

extension ClipConfig {
  /// The configuration as transformers' `CLIPConfig`.
  var huggingFaceJSON: JSON {
    func count(_ number: Int) -> JSON { .integer(Int64(number)) }
    let action = JSON.string(activation.huggingFaceName)
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
