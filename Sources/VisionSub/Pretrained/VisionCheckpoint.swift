public import SubCore
public import SubData
public import SubTrain

/// A weight file of a vision transformer, recognised from names and shapes, ready to be put into a model.
public struct VisionCheckpoint {
  /// The model that the file describes. Change what finetuning changes (`classes`, `imageSize`, `readout`,
  /// `relativeBias`, `dropPath`), make a `VisionTransformer` of it and `load` the file into that.
  public let config: VisionTransformerConfig
  /// The file's names, for writing weights back as they came.
  public let naming: VisionNaming
  /// Family and sizes in words.
  public let description: String
  /// Whether the file itself shows which GELU a CLIP has: OpenAI's archives and Hugging Face's names mean QuickGELU.
  let tellsActivation: Bool
  private let source: any NamedTensors

  /// Recognises a file; `variant` is a timm name that settles what names and shapes leave open. Throws an `InputError`
  /// where the file holds no vision transformer, or one of another family.
  public init(_ source: any NamedTensors, variant: String? = nil) throws {
    let recognition = try VisionRecognition(source, variant: variant)
    self.source = source
    config = recognition.config
    naming = recognition.naming
    description = recognition.description
    tellsActivation = recognition.tellsActivation
  }

  /// Puts the file into a model whose parameters are `set`, and reports on every tensor. Position embeddings and
  /// relative biases are fitted to the model's grid, a shared table is copied to every block, a head of other classes
  /// is left out. Throws one `InputError` naming all that does not fit; nothing has been written then.
  public func load(into set: ParameterSet, of model: VisionTransformer) throws -> LoadReport {
    var report = LoadReport()
    var used: Set<String> = []
    var writes: [(parameter: Parameter, array: HostArray)] = []
    let keepsHead = try fits("head.weight", Shape([model.config.classes, model.config.width]))
    for parameter in set.parameters {
      let name = parameter.name
      let fileNames = sources(of: name)
      let isHead = name.hasPrefix("head.")
      // FT-CLIP's norm of patch tokens belongs to the head: a `norm` without that head is another's (OpenAI's ln_post).
      let isPooledNorm = model.config.readout == .normedPool && name.hasPrefix("norm.")
      if (isHead || isPooledNorm) && !keepsHead {
        report.made.append(name)
        continue
      }
      guard fileNames.allSatisfy({ source.contains($0) }) else {
        let mayBeNew = isHead || isPooledNorm || name.hasPrefix("fc_norm.") || name == "mask_token"
        if mayBeNew { report.made.append(name) } else { report.missing.append(name) }
        continue
      }
      used.formUnion(fileNames)
      let shapes = try fileNames.map { try source.info(named: $0).shape }
      if shapes.reduce(0, { $0 + $1.reduce(1, *) }) == parameter.shape.count,
        shapes.count > 1 || Self.bare(shapes[0]) == Self.bare(parameter.shape.dimensions)
      {
        writes.append((parameter, try joined(fileNames, like: parameter.shape)))
        report.loaded.append(name)
        report.fileNames[name] = fileNames[0]
      } else if shapes.count == 1, let resized = try resized(fileNames[0], shapes[0], to: parameter, of: model) {
        writes.append((parameter, resized))
        report.resized.append("\(name) \(shapes[0]) → \(parameter.shape)")
        report.fileNames[name] = fileNames[0]
      } else {
        report.misshaped.append("\(fileNames[0]) \(shapes[0]), the model's is \(parameter.shape)")
      }
    }
    for name in source.names where !used.contains(name) {
      if dropsKnowingly(name) { report.dropped.append(name) } else { report.unexpected.append(name) }
    }
    try report.check(source.place)
    for (parameter, array) in writes { parameter.value.write(array) }
    return report
  }

  /// A model's arrays, by timm's names, in the names and shapes of the file: what a checkpoint of the run holds, and
  /// gradients for comparison.
  public func inFileNames(_ arrays: [(name: String, array: HostArray)]) -> [(name: String, array: HostArray)] {
    arrays.flatMap { name, array -> [(name: String, array: HostArray)] in
      let names = sources(of: name)
      if names.count == 1 {
        let shape = (try? source.info(named: names[0]).shape) ?? array.shape
        return [(names[0], shape.reduce(1, *) == array.count ? array.reshaped(shape) : array)]
      }
      let rows = array.shape[0] / names.count
      let bytes = array.byteCount / names.count
      return names.enumerated().map { part, name in
        let shape = [rows] + array.shape.dropFirst()
        return (
          name,
          HostArray(dtype: array.dtype, shape: shape, buffer: array.buffer, byteOffset: array.byteOffset + part * bytes)
        )
      }
    }
  }

  /// The file's tensors for a parameter; a block's table of relative biases may be the shared one.
  private func sources(of parameter: String) -> [String] {
    let names = naming.fileNames(of: parameter)
    let shared = naming.prefix + "rel_pos_bias.relative_position_bias_table"
    let isTable = parameter.hasPrefix("blocks.") && parameter.hasSuffix("relative_position_bias_table")
    return isTable && !source.contains(names[0]) && source.contains(shared) ? [shared] : names
  }

  private func fits(_ parameter: String, _ shape: Shape) throws -> Bool {
    let name = naming.fileNames(of: parameter)[0]
    return try source.contains(name) && source.info(named: name).shape == shape.dimensions
  }

  /// A shape without axes of length 1: a class token is [D] here and [1, 1, D] there.
  private static func bare(_ shape: [Int]) -> [Int] { shape.filter { $0 != 1 } }

  /// The rows of several tensors one behind the other, checked to be numbers.
  private func joined(_ names: [String], like shape: Shape) throws -> HostArray {
    let arrays = try names.map { name in
      let array = try source.array(named: name)
      guard array.dtype.isFloating else {
        throw InputError(
          "a weight of type \(array.dtype)", at: "\(source.place), tensor '\(name)'", cure: "store weights as floats")
      }
      return array
    }
    if arrays.count == 1 { return arrays[0].reshaped(shape.dimensions) }
    return HostArray(arrays.flatMap { $0.floats() }, shape: shape.dimensions)
  }

  /// A position embedding or a table of relative biases on the model's grid; nil where the shapes do not allow it.
  private func resized(
    _ name: String, _ shape: [Int], to parameter: Parameter, of model: VisionTransformer
  ) throws -> HostArray? {
    let (from, to) = (config.grid, model.config.grid)
    let dimensions = parameter.shape.dimensions
    guard shape.last == dimensions.last else { return nil }
    let values = { try source.array(named: name).doubles() }
    if parameter.name == "pos_embed", config.position == model.config.position {
      let (width, prefix) = (config.width, config.position == .all ? 1 : 0)
      guard shape.reduce(1, *) == (from * from + prefix) * width else { return nil }
      let old = try values()
      let patches = Bicubic.resize(Array(old[(prefix * width)...]), from: from, to: to, width: width)
      return HostArray(Array(old[..<(prefix * width)]) + patches, shape: dimensions, dtype: .f64)
    }
    if parameter.name.hasSuffix("relative_position_bias_table"),
      shape == [RelativePositions(grid: from).count, config.heads],
      from >= 3
    {
      return HostArray(
        RelativeBiasResize.resize(try values(), from: from, to: to, heads: config.heads), shape: dimensions, dtype: .f64
      )
    }
    return nil
  }

  /// Tensors that are known and of no use here: buffers, pretraining's own parts, a head of other classes, and what a
  /// CLIP file holds beside its image tower.
  private func dropsKnowingly(_ name: String) -> Bool {
    guard name.hasPrefix(naming.prefix) else { return naming.scheme == .clip || naming.scheme == .huggingFace }
    let name = name.dropFirst(naming.prefix.count)
    let parts = [
      "head.", "norm.", "fc_norm.", "decoder_", "lm_head.", "cls_pt_layers.", "mask_token", "ln_post.",
      "post_layernorm.",
      "rel_pos_bias.", "head_dist.", "dist_token",
    ]
    let texts = [
      "transformer.resblocks.", "token_embedding.", "positional_embedding", "ln_final.", "text_projection",
      "logit_scale",
      "input_resolution", "context_length", "vocab_size", "text_model.", "visual_projection.",
    ]
    return name.hasSuffix("relative_position_index") || name.hasSuffix("attn_mask") || name.hasSuffix("position_ids")
      || name == "proj" || parts.contains { name.hasPrefix($0) }
      || naming.scheme == .clip && naming.prefix.isEmpty && texts.dropFirst(3).contains { name.hasPrefix($0) }
  }
}
