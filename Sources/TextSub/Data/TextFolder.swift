public import SubCore
public import SubData
import SubTrain

/// A pretrained BERT on disk: a Hugging Face style folder, a weight file with its folder around it, or a run of ours.
public struct TextFolder {
  /// Where weights, configuration and tokenizer were found.
  public let path: String
  /// The network that the folder describes.
  public let config: BERTConfig
  /// The weights under the names of the file.
  public let weights: any NamedTensors
  /// The tokenizer beside them.
  public let tokenizer: WordPieceTokenizer

  /// Opens a folder or file. A run stands for its newest checkpoint.
  public init(_ from: String) throws {
    let file = try Checkpoint.path(of: from)
    let folder = FileSystem.kind(file) == .folder ? file : FileSystem.parent(file)
    path = folder
    guard FileSystem.kind(file) != .absent else {
      throw InputError("there is no such file or folder", at: from, cure: "check the path")
    }
    let configuration = FileSystem.join(folder, "config.json")
    guard FileSystem.kind(configuration) != .absent else {
      throw InputError(
        "there is no config.json beside the weights", at: from,
        cure: "put the model's config.json and vocabulary there, as in a Hugging Face folder")
    }
    config = try BERTConfig(JSON.read(configuration), place: configuration)
    weights = try TensorFile.open(file)
    try weights.checkFilling(config.weightCount, claimedAt: configuration)
    tokenizer = try WordPieceTokenizer(folder: folder)
    guard tokenizer.vocabulary.count <= config.vocabularySize else {
      throw InputError(
        "the tokenizer has \(tokenizer.vocabulary.count) pieces, the model \(config.vocabularySize)", at: folder,
        cure: "put the vocabulary that belongs to the weights beside them")
    }
  }

  /// Writes a folder that this type, and transformers, can open: weights under `fileName`'s names, configuration,
  /// vocabulary.
  public static func write(
    to folder: String, _ set: ParameterSet, config: JSON, tokenizer: WordPieceTokenizer, fileName: (String) -> String
  ) throws {
    let tensors = set.parameters.map { parameter in
      (name: fileName(parameter.name), info: TensorInfo(dtype: .f32, shape: parameter.shape.dimensions))
    }
    try Safetensors.write(
      tensors, metadata: [("format", "pt")], to: FileSystem.join(folder, "model.safetensors")
    ) { set.parameters[$0].value.host() }
    try AtomicFile.write(config.text(indent: 2) + "\n", to: FileSystem.join(folder, "config.json"))
    try AtomicFile.write(
      tokenizer.vocabulary.joined(separator: "\n") + "\n", to: FileSystem.join(folder, "vocab.txt"))
    let settings: JSON = [
      "do_lower_case": .bool(tokenizer.normalizer.lowercases),
      "model_max_length": config["max_position_embeddings"] ?? 512,
    ]
    try AtomicFile.write(settings.text(indent: 2) + "\n", to: FileSystem.join(folder, "tokenizer_config.json"))
  }
}
