public import SubCore
public import SubData

/// A CLIP's weights under the names that models here have, whatever names and sizes the file gives them.
public struct ClipCheckpoint: NamedTensors {
  /// The file's naming.
  public let naming: ClipNaming
  /// Whether this is one of OpenAI's own archives, whose models have QuickGELU.
  public let isOpenAI: Bool
  /// Tensors of the file that no model needs: sizes, index buffers.
  public let dropped: [String]
  /// The parameters' names here, sorted.
  public let names: [String]
  /// The file.
  public var place: String { source.place }
  private let source: any NamedTensors
  private let parts: [String: [String]]
  /// The sizes that position embeddings are fitted to.
  private var target: ClipConfig?

  /// Weights of a CLIP with a vision transformer. Throws for a file that holds none.
  public init(_ source: any NamedTensors) throws {
    self.source = source
    var fileNames: [String: String] = [:]
    var dropped: [String] = []
    for name in source.names {
      let bare = Self.bare(name)
      if Self.buffers.contains(bare) || bare.hasSuffix("position_ids") || bare.hasSuffix("attn_mask") {
        dropped.append(name)
      } else {
        fileNames[bare] = name
      }
    }
    isOpenAI = dropped.contains { Self.bare($0) == "input_resolution" }
    self.dropped = dropped
    if fileNames["vision_model.embeddings.patch_embedding.weight"] != nil {
      naming = .huggingFace
      var parts: [String: [String]] = [:]
      var used: Set<String> = []
      for name in Self.modelNames(fileNames) {
        let theirs = ClipNaming.hugging(name).compactMap { fileNames[$0] }
        used.formUnion(theirs)
        if theirs.count == ClipNaming.hugging(name).count { parts[name] = theirs }
      }
      for (bare, name) in fileNames where !used.contains(name) { parts[bare] = [name] }
      self.parts = parts
    } else if fileNames["visual.conv1.weight"] != nil, fileNames["visual.class_embedding"] != nil {
      naming = .openClip
      parts = fileNames.mapValues { [$0] }
    } else {
      throw InputError(
        "these are no weights of a CLIP with a vision transformer", at: source.place,
        cure: "give a ViT CLIP in open_clip, OpenAI or Hugging Face naming (masksub inspect shows what a file holds)")
    }
    names = parts.keys.sorted()
  }

  /// Type and shape of a parameter, as the model wants them.
  public func info(named name: String) throws -> TensorInfo {
    var (dtype, shape) = try stored(name)
    if let fitted = target.flatMap({ ClipPositions(name, shape, $0) }) { (dtype, shape) = (.f32, fitted.shape) }
    return TensorInfo(dtype: dtype, shape: shape)
  }

  /// A parameter's values, joined from the file's parts and fitted.
  public func array(named name: String) throws -> HostArray {
    let (dtype, shape) = try stored(name)
    let files = parts[name]!
    var array: HostArray
    if files.count == 1 {
      array = try source.array(named: files[0])
      if isTransposed(name), array.shape.count == 2 { array = array.transposedMatrix }
      array = array.reshaped(shape)
    } else {
      let pieces = try files.map { try source.array(named: $0) }
      let buffer = HostBuffer(byteCount: pieces.reduce(0) { $0 + $1.byteCount }) { memory in
        var offset = 0
        for piece in pieces {
          piece.withBytes { UnsafeMutableRawBufferPointer(rebasing: memory[offset...]).copyMemory(from: $0) }
          offset += piece.byteCount
        }
      }
      array = HostArray(dtype: dtype, shape: shape, buffer: buffer)
    }
    return target.flatMap { ClipPositions(name, shape, $0) }?.fitted(array) ?? array
  }

  /// The weights with position embeddings fitted to a model of other image size or context length.
  public func fitted(to config: ClipConfig) -> ClipCheckpoint {
    var copy = self
    copy.target = config
    return copy
  }

  /// What fitting changes, a line for each tensor.
  public func resized() throws -> [String] {
    guard let target else { return [] }
    return try names.compactMap { name in
      let shape = try stored(name).shape
      return ClipPositions(name, shape, target).map { "\(name) \(shape) → \($0.shape)" }
    }
  }

  /// The sizes that the tensors' shapes tell; heads are 64 wide, as in every published model.
  public func config(_ activation: Activation) throws -> ClipConfig {
    func shape(_ name: String, _ rank: Int) throws -> [Int] {
      let shape = parts[name] == nil ? [] : try stored(name).shape
      guard shape.count == rank, shape.allSatisfy({ (1...1 << 24).contains($0) }) else {
        throw InputError(
          parts[name] == nil ? "it is missing" : "shape \(shape)", at: "\(place), tensor '\(name)'",
          cure: "give the weights of a CLIP with a vision transformer")
      }
      return shape
    }
    func blocks(_ prefix: String) throws -> (count: Int, mlp: Int) {
      let count = (0...).first { parts["\(prefix)transformer.resblocks.\($0).attn.in_proj_weight"] == nil } ?? 0
      return (count, try shape("\(prefix)transformer.resblocks.0.mlp.c_fc.weight", 2)[0])
    }
    var config = ClipConfig()
    config.activation = activation
    let conv = try shape("visual.conv1.weight", 4)
    let positions = try shape("visual.positional_embedding", 2)
    let side = Int(Double(positions[0] - 1).squareRoot().rounded())
    guard side * side == positions[0] - 1, side > 0, conv[2] <= 1024 else {
      throw InputError(
        "\(positions[0]) positions are no square of patches and a class token",
        at: "\(place), visual.positional_embedding", cure: "use a model for square images")
    }
    let (layers, mlp) = try blocks("visual.")
    config.image = ClipConfig.Image(
      size: side * conv[2], patch: conv[2], width: conv[0], layers: layers,
      heads: max(1, conv[0] / ClipConfig.headWidth), mlpWidth: mlp)
    let embedding = try shape("token_embedding.weight", 2)
    let (textLayers, textMLP) = try blocks("")
    config.text = ClipConfig.Text(
      contextLength: try shape("positional_embedding", 2)[0], vocabularySize: embedding[0], width: embedding[1],
      layers: textLayers, heads: max(1, embedding[1] / ClipConfig.headWidth), mlpWidth: textMLP)
    config.embedWidth = try shape("visual.proj", 2)[1]
    guard conv[0] % ClipConfig.headWidth == 0, embedding[1] % ClipConfig.headWidth == 0 else {
      throw InputError(
        "how many heads widths \(conv[0]) and \(embedding[1]) have cannot be told, they are no multiples of 64",
        at: place,
        cure: "put the model's open_clip_config.json beside the weights, or name it with --model FILE.json")
    }
    return config
  }

  // MARK: The file

  private static let buffers: Set<String> = ["input_resolution", "context_length", "vocab_size"]

  /// A name without what wrappers put before it, and without the `text.` of open_clip's custom text towers.
  private static func bare(_ name: String) -> String {
    var name = Substring(name)
    while let prefix = ["module.", "_orig_mod."].first(where: { name.hasPrefix($0) }) {
      name = name.dropFirst(prefix.count)
    }
    return String(name.hasPrefix("text.") ? name.dropFirst("text.".count) : name)
  }

  /// Type and shape under our name, before any fitting.
  private func stored(_ name: String) throws -> (dtype: DType, shape: [Int]) {
    guard let files = parts[name] else {
      throw InputError("there is no such tensor", at: "\(place), tensor '\(name)'", cure: "use a complete CLIP")
    }
    let infos = try files.map { try source.info(named: $0) }
    var shape = infos[0].shape
    if infos.count > 1 {
      guard infos.allSatisfy({ $0 == infos[0] }), !shape.isEmpty, shape[0] <= 1 << 24 else {
        throw InputError(
          "query, key and value differ in shape or type", at: "\(place), tensor '\(files[0])'",
          cure: "get the file again")
      }
      shape[0] *= infos.count
    }
    if isTransposed(name), shape.count == 2 { shape.reverse() }
    if name == "logit_scale", shape == [1] { shape = [] }
    return (infos[0].dtype, shape)
  }

  private func isTransposed(_ name: String) -> Bool {
    naming == .huggingFace && (name == "visual.proj" || name == "text_projection")
  }

  /// Every parameter of the model that a Hugging Face file holds.
  private static func modelNames(_ fileNames: [String: String]) -> [String] {
    var names = ["logit_scale", "positional_embedding", "text_projection", "token_embedding.weight"]
    names += ["class_embedding", "positional_embedding", "proj", "conv1.weight"].map { "visual." + $0 }
    let affine = { (name: String) in [name + ".weight", name + ".bias"] }
    names += ["visual.ln_pre", "visual.ln_post", "ln_final"].flatMap(affine)
    for (prefix, tower) in [("visual.", "vision_model"), ("", "text_model")] {
      var layer = 0
      while fileNames["\(tower).encoder.layers.\(layer).self_attn.q_proj.weight"] != nil {
        let block = "\(prefix)transformer.resblocks.\(layer)."
        names += ["attn.in_proj_weight", "attn.in_proj_bias"].map { block + $0 }
        names += ["ln_1", "attn.out_proj", "ln_2", "mlp.c_fc", "mlp.c_proj"].flatMap { affine(block + $0) }
        layer += 1
      }
    }
    return names
  }
}
