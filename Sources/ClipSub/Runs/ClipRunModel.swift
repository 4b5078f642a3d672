public import SubCore
public import SubData
import SubNN
public import SubTrain
public import VisionSub

/// A CLIP with its tokenizer, made anew or from files, and how it is written.
public struct ClipRunModel {
  /// The sizes.
  public let config: ClipConfig
  /// The tokenizer of its texts.
  public let tokenizer: BytePairTokenizer
  /// The network.
  public let model: CLIP
  /// Its weights.
  public let parameters: ParameterSet
  /// How images are prepared for it.
  public var preparation: ImagePreparation
  /// What became of the weights of a file, and what was guessed of them.
  public let details: [String]
  let merges: BytePairMerges
  private let names: WeightNames

  /// How many token ids a network has, beside a tokenizer with so many.
  public enum Vocabulary: Sendable {
    /// As many as its configuration says, and the tokenizer must have as many.
    case configured
    /// As many as the tokenizer, whatever the configuration says.
    case tokenizers
    /// As many as the configuration says, of which the tokenizer may have fewer: so runs could once be begun, and go on.
    case begun
  }

  /// A new network; without sizes the small one of the recipe `clip-small`. `merges`: a merges file. `hints`: heads and
  /// activation, where they are to be others. What `locking` and `freezing` name stays as it is.
  public init(
    _ config: ClipConfig? = nil, sizes: ClipModelFields = ClipModelFields(), hints: WeightHints = WeightHints(),
    merges: String, vocabulary: Vocabulary = .configured, locking: ClipLock = ClipLock(),
    freezing: Freezing = Freezing(), _ settings: RunSettings = RunSettings()
  ) throws {
    try self.init(config, nil, sizes, hints, merges: merges, vocabulary, locking, freezing, settings)
  }

  /// The network of a folder, with a merges file or the one that lies beside its weights.
  public init(
    _ folder: ClipFolder, merges: String? = nil, locking: ClipLock = ClipLock(), freezing: Freezing = Freezing(),
    _ settings: RunSettings = RunSettings()
  ) throws {
    guard let merges = merges ?? folder.mergesPath else {
      throw InputError(
        "no merges file lies beside the weights", at: folder.path, cure: "name the one that belongs to the model")
    }
    try self.init(
      folder.config, folder, ClipModelFields(), WeightHints(), merges: merges, .configured, locking, freezing, settings)
  }

  private init(
    _ given: ClipConfig?, _ folder: ClipFolder?, _ sizes: ClipModelFields, _ hints: WeightHints, merges path: String,
    _ vocabulary: Vocabulary, _ locking: ClipLock, _ freezing: Freezing, _ settings: RunSettings
  ) throws {
    merges = try BytePairMerges(file: path)
    tokenizer = try BytePairTokenizer(merges)
    var config = try sizes.applied(to: given ?? ClipRecipe.smallNetwork(vocabulary: tokenizer.vocabularySize))
    try config.take(hints)
    let (ids, told) = (tokenizer.vocabularySize, config.text.vocabularySize)
    if vocabulary == .tokenizers { config.text.vocabularySize = ids }
    // The end token must be the largest id of a text, and of no other meaning in weights that are given.
    guard ids == config.text.vocabularySize || vocabulary == .begun && ids < config.text.vocabularySize else {
      throw InputError(
        "the tokenizer has \(ids) ids, the model \(told)", at: path,
        cure: "give the merges file that belongs to the model with --vocab "
          + "(scripts/fetch-clip-vocabulary.sh gets CLIP's)"
          + (folder == nil ? ", or say \"vocab_size\": \(ids) in the text_cfg of a new model" : ""))
    }
    self.config = config
    model = CLIP(config)
    let locked = try locking.freezing(config)
    let frozen = try Freezing(locked.patterns + freezing.patterns).apply(to: model) { name in
      [Naming.openClip.names(of: name)] + (folder.map { [$0.weights.fileNames(of: name)] } ?? [])
    }
    parameters = ParameterSet(model, precision: settings.precision, on: settings.device, key: nil)
    let report = try folder.map { [parameters] in try $0.load(into: parameters) }
    if report == nil { parameters.start(from: RandomKey(seed: settings.seed).fold("weights"), .openClip) }
    names = report?.names ?? WeightNames(.openClip)
    if let report { try Freezing.check(parameters, made: report.made, by: names) }
    let fitted = config.text.vocabularySize == told ? nil : "token ids: \(ids), as \(path) has, not the model's \(told)"
    details = (report?.details ?? []) + (folder?.remarks ?? []) + [fitted, frozen].compactMap(\.self)
    preparation = folder?.preparation ?? .clip
  }

  /// How evaluated images are prepared, and who says so, in a line.
  public var preparationLine: String {
    "images: \(preparation.text(size: config.image.size)) "
      + "(\((preparation.sources + ["CLIP's own where nothing else is said"]).joined(separator: "; ")))"
  }

  /// Weights in the naming of their source, configuration and merges: a folder that `--from` takes.
  public func write(to folder: String) throws {
    try ClipFolder.write(to: folder, parameters, config, preparation, names, merges: merges)
  }

  /// Puts the weights of such a folder back.
  public func read(from folder: String) throws {
    _ = try ClipFolder(folder).load(into: parameters)
  }
}
