import SubCore
import SubData
import SubTrain

/// What tensors, the files beside them and the user say of the CLIP that they are.
struct ClipRecognition {
  private(set) var config: ClipConfig
  /// What contradicts, and what was guessed.
  private(set) var remarks: [String] = []
  private let weights: Weights
  private let hints: WeightHints

  init(
    _ weights: Weights, beside: Companions, model: String?, given: ClipConfig?, _ hints: WeightHints
  ) throws {
    (self.weights, self.hints) = (weights, hints)
    config = try given ?? ClipConfig(sizesOf: weights)
    let named = try model.map { try Self.named($0) }
    if let named { try compare(named, model ?? "") }
    if given != nil {
      try config.take(hints)
      return
    }
    var (heads, textHeads): (Int?, Int?) = (nil, nil)
    var (activation, teller): (Activation?, String) = (nil, "")
    if let (json, place) = try beside.json("open_clip_config.json") {
      let told = try ClipConfig(json, place: place)
      (config, heads, textHeads) = (told, told.image.heads, told.text.heads)
      (activation, teller) = (told.activation, place)
    } else if weights.naming == .huggingFaceCLIP, let (json, place) = try Self.huggingFace(beside) {
      let told = try HuggingFaceCLIP(json, vocabularySize: config.text.vocabularySize, place: place)
      (heads, textHeads, activation, teller) = (told.heads, told.textHeads, told.activation, place)
    } else if CLIPFamily.isOpenAI(weights) {
      // Its own loader cuts widths into heads of 64.
      (heads, textHeads) = (config.image.width / ClipConfig.headWidth, config.text.width / ClipConfig.headWidth)
      (activation, teller) = (.quickGelu, "\(weights.place), an archive of OpenAI's,")
    }
    try read(heads, textHeads, activation, teller, named, model)
    try config.take(hints)
  }

  /// Takes what is told, else what the named model has, else guesses.
  private mutating func read(
    _ heads: Int?, _ textHeads: Int?, _ activation: Activation?, _ teller: String, _ named: ClipConfig?,
    _ model: String?
  ) throws {
    var guessed: [(what: String, option: String)] = []
    func cut(_ width: Int, _ told: Int?, _ known: (width: Int, heads: Int)?, _ said: Int?, _ option: String) throws
      -> Int
    {
      if let said { return said }
      if let told {
        try WeightHints.checkHeads(told, of: width, at: teller, cure: "say \(option)", isUsage: false)
        return told
      }
      if let known, known.width == width { return known.heads }
      try ClipConfig.checkGuessable(width, at: weights.place)
      let heads = width / ClipConfig.headWidth
      guessed.append(("\(heads) heads of \(ClipConfig.headWidth) in a width of \(width)", option))
      return heads
    }
    config.image.heads = try cut(
      config.image.width, heads, named.map { ($0.image.width, $0.image.heads) }, hints.heads, "--heads")
    config.text.heads = try cut(
      config.text.width, textHeads, named.map { ($0.text.width, $0.text.heads) }, hints.textHeads, "--text-heads")
    if let activation {
      config.activation = activation
      if let named, let model, named.activation != activation, hints.activation == nil {
        remarks.append(
          "\(model) has \(named.activation.title), \(teller) \(activation.title), which is taken "
            + "(--activation, or a JSON file as --model, for another)")
      }
    } else if let named {
      config.activation = named.activation
    } else if hints.activation == nil {
      guessed.append((config.activation.title, "--activation, or --model NAME"))
    }
    remarks += [WeightHints.line(guessed: guessed)].compactMap { $0 }
  }

  /// Throws where transformers' configuration is that of another architecture, some of which have a CLIP's tensors.
  static func checkArchitecture(of source: any NamedTensors, _ beside: Companions) throws {
    guard CLIPFamily().recognise(source)?.naming != .openClip, try beside.json("open_clip_config.json") == nil,
      let (json, place) = try huggingFace(beside), let type = try JSONFields(json, at: place).text("model_type"),
      type != "clip"
    else { return }
    throw InputError(
      "the model is a '\(type)' (model_type), not a 'clip'", at: place, cure: "give the folder of a CLIP")
  }

  /// transformers' configuration; beside a file of any name it is one that describes two towers.
  private static func huggingFace(_ beside: Companions) throws -> (json: JSON, place: String)? {
    if let stored = try beside.json("config.json") { return stored }
    guard let json = beside.possibleJSON("config.json"), json["vision_config"] != nil, json["text_config"] != nil else {
      return nil
    }
    return (json, FileSystem.join(beside.folder, "config.json"))
  }

  private static func named(_ model: String) throws -> ClipConfig {
    guard let named = ClipConfig(named: model) else {
      throw InputError(
        "model '\(model)' is unknown", at: "--model", cure: "use one of \(ClipConfig.names.joined(separator: ", "))",
        isUsage: true)
    }
    return named
  }

  /// The weights have the last word on resolution and depth; other widths or patches are another model's.
  private func compare(_ named: ClipConfig, _ model: String) throws {
    let sizes = { (config: ClipConfig) in [config.image.patch, config.image.width, config.text.width] }
    guard sizes(named) != sizes(config) else { return }
    throw InputError(
      "the weights are not those of a \(model): patches of \(config.image.patch) pixels, width \(config.image.width), "
        + "texts \(config.text.width) wide", at: weights.place, cure: "name the model that they belong to, or none",
      isUsage: true)
  }
}

extension ClipConfig {
  /// Takes the heads and the activation that options say.
  mutating func take(_ hints: WeightHints) throws {
    if let heads = hints.heads {
      try WeightHints.checkHeads(heads, of: image.width, at: "--heads")
      image.heads = heads
    }
    if let heads = hints.textHeads {
      try WeightHints.checkHeads(heads, of: text.width, at: "--text-heads")
      text.heads = heads
    }
    if let activation = hints.activation { self.activation = activation }
  }
}

/// What transformers' `CLIPConfig` says that tensors do not tell; what it leaves out is as transformers has it by default.
/// Fields that change what is computed and are not known here are errors.
private struct HuggingFaceCLIP {
  let heads, textHeads: Int
  let activation: Activation

  init(_ json: JSON, vocabularySize: Int, place: String) throws {
    let (vision, text) = (Self.tower("vision_config", json, place), Self.tower("text_config", json, place))
    heads = try vision.count("num_attention_heads", in: 1...1 << 20) ?? 12
    textHeads = try text.count("num_attention_heads", in: 1...1 << 20) ?? 8
    let actions = try [vision, text].map { try $0.text("hidden_act") ?? "quick_gelu" }
    guard actions[0] == actions[1] else {
      throw InputError(
        "hidden_act differs between vision_config, \(actions[0]), and text_config, \(actions[1])", at: place,
        cure: "use a CLIP with one activation")
    }
    guard let known = Activation(huggingFace: actions[0]), [.quickGelu, .gelu].contains(known) else {
      throw InputError(
        "hidden_act '\(actions[0])' is unknown", at: place, cure: "use a CLIP with quick_gelu or gelu")
    }
    activation = known
    for tower in [vision, text] {
      if let epsilon = tower.value("layer_norm_eps")?.double, abs(epsilon - 1e-5) > 1e-9 {
        throw tower.failure("layer_norm_eps", "\(epsilon) is not supported", cure: "use a CLIP with 1e-5")
      }
    }
    // The text's feature is that of its largest id; 2 stood in old files, and meant the same.
    let end = try text.count("eos_token_id", in: 0...1 << 30)
    guard end == 2 || end ?? 49407 == vocabularySize - 1 else {
      throw text.failure(
        "eos_token_id", "\(end.map(String.init) ?? "left out is 49407, which") is not the last of \(vocabularySize)",
        cure: "use a CLIP whose texts end in the last token")
    }
  }

  /// A tower's fields. Old files say them again in a `_dict`, which goes before.
  private static func tower(_ key: String, _ json: JSON, _ place: String) -> JSONFields {
    let whole = JSONFields(json, at: place)
    return whole.member(key + "_dict") ?? whole.member(key) ?? JSONFields([:], at: place, key: key)
  }
}
