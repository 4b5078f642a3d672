import ClipSub
import SubCore
import SubData
import SubTrain

/// Which CLIP a command works with, as its options say.
struct ClipModelChoice {
  /// Weights: a file, a folder or a run; nil: new ones.
  let from: String?
  /// An open_clip name or a JSON file; nil: a small model, or what the files say.
  let name: String?
  /// A merges file; nil: the one beside the weights, else the standard one.
  let vocabulary: String?
  /// What settles what the weights do not tell.
  var hints = WeightHints()
  /// Sizes of a new network.
  var sizes = ClipModelFields()
  /// Token ids of the run that goes on; nil: none does.
  var begunVocabulary: Int?
  /// What stays as it is.
  var locking = ClipLock()
  var freezing = Freezing()

  /// The model. `standard`: the merges file where none is named or lies beside the weights.
  func model(_ settings: RunSettings, standard: () throws -> String) throws -> ClipRunModel {
    guard let from else {
      guard hints.key == nil || begunVocabulary != nil else {
        throw InputError(
          "a new model has no weights to choose among", at: "--weights", cure: "add --from, or leave it out",
          isUsage: true)
      }
      let isFile = name.map(Self.isFile) ?? false
      var config = try name.map(Self.configuration)
      if isFile { try config?.checkClaim(at: name ?? "") }
      if !isFile, let begunVocabulary { config?.text.vocabularySize = begunVocabulary }
      return try ClipRunModel(
        config, sizes: sizes, hints: hints, merges: vocabulary ?? standard(),
        vocabulary: begunVocabulary != nil ? .begun : isFile ? .configured : .tokenizers, locking: locking,
        freezing: freezing, settings)
    }
    guard sizes.isEmpty else {
      throw InputError(
        "the sizes of the network are those of the weights", at: "--set model.*", cure: "leave them out", isUsage: true)
    }
    let folder = try Self.folder(from, name: name, hints)
    return try ClipRunModel(
      folder, merges: vocabulary ?? folder.mergesPath ?? standard(), locking: locking, freezing: freezing, settings)
  }

  /// Weights with what lies beside them; `name`: an open_clip name or a JSON file.
  static func folder(_ from: String, name: String?, _ hints: WeightHints = WeightHints()) throws -> ClipFolder {
    let isFile = name.map(Self.isFile) ?? false
    return try ClipFolder(
      from, model: isFile ? nil : name, config: isFile ? name.map(Self.configuration) : nil, hints)
  }

  /// The sizes of an open_clip name or of a JSON file.
  static func configuration(_ name: String) throws -> ClipConfig {
    if isFile(name) { return try ClipConfig(JSON.read(name), place: name) }
    if let config = ClipConfig(named: name) { return config }
    throw InputError(
      "model '\(name)' is unknown", at: "--model",
      cure: Suggestion.cure(
        for: name, in: ClipConfig.names,
        else: "use one of \(ClipConfig.names.joined(separator: ", ")), or an open_clip JSON file"), isUsage: true)
  }

  private static func isFile(_ name: String) -> Bool { name.hasSuffix(".json") }

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
