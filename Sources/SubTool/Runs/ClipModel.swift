import ClipSub
import SubCore
import SubData
import SubNN
import SubTrain

/// A CLIP with its tokenizer, made anew or from files, and how it is written.
struct ClipModel {
  let config: ClipConfig
  let tokenizer: BytePairTokenizer
  let model: CLIP
  let parameters: ParameterSet
  /// What became of the weights of `from`, for the log.
  let details: [String]
  private let merges: BytePairMerges
  private let names: WeightNames

  /// - Parameters:
  ///   - name: an open_clip name or a JSON file; nil: a small model, or what the files say.
  ///   - vocabulary: a merges file; nil: the one beside the weights, else `standard`.
  init(
    from: String?, name: String?, vocabulary: String?, standard: () throws -> String, seed: Int, on device: Device
  ) throws {
    let isFile = name?.hasSuffix(".json") ?? false
    let given = try isFile ? name.map { try ClipConfig(JSON.read($0), place: $0) } : nil
    let folder = try from.map { try ClipFolder($0, model: isFile ? nil : name, config: given) }
    let mergesPath = try vocabulary ?? folder?.mergesPath ?? standard()
    merges = try BytePairMerges(file: mergesPath)
    tokenizer = try BytePairTokenizer(merges)
    config =
      if let given {
        given
      } else if let folder {
        folder.config
      } else if let name {
        try Self.named(name)
      } else {
        ClipRecipe.smallNetwork(vocabulary: tokenizer.vocabularySize)
      }
    // The end token must be the largest id of a text, and of no other meaning in weights that are given.
    guard tokenizer.vocabularySize <= config.text.vocabularySize,
      folder == nil || tokenizer.vocabularySize == config.text.vocabularySize
    else {
      throw InputError(
        "the tokenizer has \(tokenizer.vocabularySize) ids, the model \(config.text.vocabularySize)", at: mergesPath,
        cure: "give the merges file that belongs to the model with --vocab "
          + "(scripts/fetch-clip-vocabulary.sh gets CLIP's)")
    }
    model = CLIP(config)
    parameters = ParameterSet(model, on: device, key: nil)
    let report = try folder.map { [parameters] in try $0.load(into: parameters) }
    if report == nil { parameters.start(from: RandomKey(seed: seed).fold("weights"), .openClip) }
    names = report?.names ?? WeightNames(.openClip)
    details = report?.details ?? []
  }

  private static func named(_ name: String) throws -> ClipConfig {
    if let config = ClipConfig(named: name) { return config }
    throw InputError(
      "model '\(name)' is unknown", at: "--model",
      cure: "use one of \(ClipConfig.names.joined(separator: ", ")), or an open_clip JSON file", isUsage: true)
  }

  /// Weights in the naming of their source, configuration and merges: a folder that `--from` takes.
  func write(to folder: String) throws {
    try ClipFolder.write(to: folder, parameters, config, names, merges: merges)
  }

  /// Puts the weights of such a folder back.
  func read(from folder: String) throws {
    _ = try ClipFolder(folder).load(into: parameters)
  }

  /// A tokenizer of CLIP's own, where the script that fetches it puts it.
  static func standardVocabulary(_ context: ToolContext) throws -> String {
    let name = "tokenizers/clip/bpe_simple_vocab_16e6.txt.gz"
    guard let path = try? context.home.file(name) else {
      throw InputError(
        "CLIP's merges file is not there", at: name,
        cure: "run scripts/fetch-clip-vocabulary.sh, or name a merges file with --vocab")
    }
    return path
  }
}
