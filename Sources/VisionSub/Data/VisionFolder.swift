import Foundation
public import SubCore
import SubData
import SubNN
import SubTrain

/// A vision transformer on disk: a weight file, a folder with `model.safetensors`, or a run of ours, which stands for its
/// newest checkpoint.
public struct VisionFolder {
  /// The file or folder that was opened.
  public let path: String
  /// The weights, recognised.
  public let checkpoint: VisionCheckpoint
  /// The model that was written; for files from elsewhere, what was recognised.
  public let config: VisionTransformerConfig
  /// Whether weights or configuration say which GELU a CLIP has; the tensors are the same for both.
  private let tellsActivation: Bool
  /// The timm name, where it is known.
  public let variant: String?
  /// The classes in the order of the head's rows, where `config.json` names them.
  public let classNames: [String]?
  /// The recipe that trained it, where it was one of ours.
  public let recipe: VisionRecipe?

  /// Opens a file or folder. Throws an `InputError` where it holds no vision transformer.
  public init(_ from: String) throws {
    let path = try Checkpoint.path(of: FileSystem.trimmed(from))
    self.path = path
    let folder = FileSystem.kind(path) == .folder ? path : FileSystem.parent(path)
    let place = FileSystem.join(folder, "config.json")
    let description = try Self.description(place, mayBeForeign: folder != path)
    let named = description?["architecture"]?.string.flatMap { name in VisionVariant.named(name) == nil ? nil : name }
    // open_clip's folders name their weights in their own way.
    let clipNames = ["open_clip_model.safetensors", "open_clip_pytorch_model.bin"].map { FileSystem.join(path, $0) }
    let weights = try TensorFile.open(clipNames.first { FileSystem.kind($0) == .file } ?? path)
    let own = description?["vision_transformer"]
    let checkpoint = try VisionCheckpoint(weights, variant: own != nil || folder == path ? named : nil)
    self.checkpoint = checkpoint
    variant = named
    let names = description?["label_names"]?.array?.compactMap(\.string)
    classNames = names?.count == checkpoint.config.classes ? names : nil
    if let own {
      config = try Self.config(own, like: checkpoint.config, at: place)
      tellsActivation = true
    } else {
      let openClip = FileSystem.join(folder, "open_clip_config.json")
      let details = (
        huggingFace: folder == path ? description : nil,
        openClip: folder == path ? try Self.description(openClip, mayBeForeign: false) : nil
      )
      config = Self.detailed(checkpoint.config, huggingFace: details.huggingFace, openClip: details.openClip)
      tellsActivation =
        checkpoint.tellsActivation || named != nil && folder == path || details.huggingFace != nil
        || details.openClip != nil
    }
    recipe = try own.flatMap { _ in description?["recipe"] }.map {
      let known = $0["name"]?.string.flatMap { try? VisionRecipe.named($0) }
      return try (known ?? VisionRecipe.named("shapes-tiny")).restored(from: $0, at: place)
    }
  }

  /// The model from which a recipe's run starts: what the weights do not say is as in the recipe's own model.
  public func config(for recipe: VisionRecipe) -> VisionTransformerConfig {
    var config = config
    if config.hasPreNorm, !tellsActivation, let model = VisionVariant.named(recipe.model.name), model.hasPreNorm {
      config.usesQuickGELU = model.usesQuickGELU
    }
    return config
  }

  /// A JSON file, nil where there is none. The neighbour of a weight file may be about something else entirely: what
  /// cannot be read there does not count.
  private static func description(_ place: String, mayBeForeign: Bool) throws -> JSON? {
    guard FileSystem.kind(place) == .file else { return nil }
    do { return try JSON.read(place) } catch {
      if mayBeForeign { return nil }
      throw error
    }
  }

  /// What the tensors of a CLIP do not tell and the configuration beside them does: which GELU, and how many heads.
  private static func detailed(
    _ found: VisionTransformerConfig, huggingFace: JSON?, openClip: JSON?
  ) -> VisionTransformerConfig {
    var config = found
    guard config.hasPreNorm else { return config }
    let tower = huggingFace?["vision_config"] ?? huggingFace
    if let action = tower?["hidden_act"]?.string { config.usesQuickGELU = action == "quick_gelu" }
    var heads = tower?["num_attention_heads"]?.int
    if let model = openClip?["model_cfg"] ?? openClip {
      config.usesQuickGELU = model["quick_gelu"]?.bool ?? false
      heads = (model["vision_cfg"]?["head_width"]?.int).flatMap { $0 > 0 ? config.width / $0 : nil } ?? heads
    }
    if let heads, heads > 0, config.width % heads == 0 { config.heads = heads }
    return config
  }

  /// Writes weights in the source's names (timm's for a new model) and `config.json`: what this type opens.
  public static func write(
    to folder: String, _ set: ParameterSet, config: VisionTransformerConfig, recipe: VisionRecipe, variant: String?,
    classNames: [String], naming: VisionFileNames
  ) throws {
    let arrays = set.parameters.flatMap { naming.tensors($0.name, $0.value.host()) }
    try Safetensors.write(arrays, metadata: [("format", "pt")], to: FileSystem.join(folder, "model.safetensors"))
    let pipeline = recipe.evaluationPipeline
    let numbers = { (values: [Float]) in JSON.array(values.map { JSON($0) }) }
    let side = JSON.integer(Int64(config.imageSize))
    let json: JSON = [
      "architecture": variant.map { .string($0) } ?? .null, "num_classes": .integer(Int64(config.classes)),
      "label_names": .array(classNames.map { .string($0) }),
      "pretrained_cfg": [
        "input_size": [3, side, side], "mean": numbers(pipeline.normalization.mean),
        "std": numbers(pipeline.normalization.deviation), "interpolation": "bicubic",
        "crop_pct": .number(Double(config.imageSize) / Double(max(config.imageSize, recipe.data.evalResize))),
      ],
      "recipe": recipe.json,
      "vision_transformer": try JSON.parse(
        String(decoding: JSONEncoder().encode(config), as: UTF8.self), at: "config.json"),
    ]
    try AtomicFile.write(json.text(indent: 2) + "\n", to: FileSystem.join(folder, "config.json"))
  }

  /// The written configuration; the sizes must be those of the tensors.
  private static func config(
    _ json: JSON, like found: VisionTransformerConfig, at place: String
  ) throws -> VisionTransformerConfig {
    guard let config = try? JSONDecoder().decode(VisionTransformerConfig.self, from: Data(json.bytes())) else {
      throw InputError("the model's description is incomplete", at: place, cure: "take config.json from the run again")
    }
    try config.validate(at: place)
    let sizes = { (c: VisionTransformerConfig) in [c.width, c.depth, c.hidden, c.patchSize, c.grid, c.classes] }
    guard sizes(config) == sizes(found) else {
      throw InputError(
        "width, depth, hidden, patch, grid and classes are \(sizes(config)), those of the tensors \(sizes(found))",
        at: place, cure: "keep config.json with the weights that it was written for")
    }
    return config
  }
}

/// By which names and in which shapes a model's parameters are written.
public struct VisionFileNames {
  private let checkpoint: VisionCheckpoint?

  /// The names of a file; timm's where there is none.
  public init(_ checkpoint: VisionCheckpoint?) { self.checkpoint = checkpoint }

  /// A parameter as the file's tensors.
  func tensors(_ name: String, _ array: HostArray) -> [(name: String, array: HostArray)] {
    guard let checkpoint else { return [(name, array)] }
    let naming = checkpoint.naming
    return checkpoint.inFileNames([(name, array)]).map { tensor in
      // Every block has a table of its own now.
      let isShared = tensor.name.contains("rel_pos_bias.") && name.hasPrefix("blocks.")
      let isFlat = naming.scheme == .clip || naming.scheme == .huggingFace
      var shape = tensor.array.shape
      // CLIP's files know no batch axis: [1, T, D] is [T, D] there, and the class token is [D].
      while isFlat, shape.count > 1, shape[0] == 1, name == "pos_embed" && shape.count > 2 || name == "cls_token" {
        shape.removeFirst()
      }
      return (isShared ? naming.prefix + name : tensor.name, tensor.array.reshaped(shape))
    }
  }
}
