import SubCore
public import SubData
import SubNN
public import SubTrain

/// What other tools write beside weights, and what the user says of them.
public struct ModelNotes: Sendable {
  /// A Hugging Face style `config.json`, of timm's models too.
  public var huggingFace: JSON?
  /// An `open_clip_config.json`.
  public var openClip: JSON?
  /// What settles guesses.
  public var hints: WeightHints

  /// No notes unless given.
  public init(huggingFace: JSON? = nil, openClip: JSON? = nil, hints: WeightHints = WeightHints()) {
    (self.huggingFace, self.openClip, self.hints) = (huggingFace, openClip, hints)
  }

  /// What stands beside weights of a CLIP's image tower alone, or with its text tower.
  private var tower: JSON? { huggingFace?["vision_config"] ?? huggingFace }

  /// The kind of model that transformers made the weights with: `vit_mae`.
  var modelType: String? { huggingFace?["model_type"]?.string }

  /// The side of the images, as timm or transformers note it. Throws an `InputError` for images that are not square.
  func imageSize(of weights: Weights) throws(InputError) -> Int? {
    let stated = [
      ("input_size", huggingFace?["pretrained_cfg"]?["input_size"] ?? huggingFace?["input_size"]),
      ("img_size", huggingFace?["model_args"]?["img_size"]), ("image_size", tower?["image_size"]),
    ]
    var sides: [Int] = []
    for (key, value) in stated {
      let numbers = (value?.array?.suffix(2) ?? [value].compactMap(\.self)[...]).compactMap(\.int)
      guard let side = numbers.first, (1...4096).contains(side) else { continue }
      guard numbers.allSatisfy({ $0 == side }) else {
        throw InputError(
          "images of \(numbers.map(String.init).joined(separator: " × ")) pixels (\(key)) are not supported",
          at: "\(weights.place), its configuration", cure: "use a model of square images")
      }
      sides.append(side)
    }
    return sides.first
  }

  /// Heads of a layer, as a configuration beside the weights says; `width` is that of the image tower.
  func heads(of width: Int) -> Int? {
    let told = tower?["num_attention_heads"]?.int ?? huggingFace?["model_args"]?["num_heads"]?.int
    let open = (openClip?["model_cfg"] ?? openClip).map { $0["vision_cfg"]?["head_width"]?.int ?? 64 }
    return told ?? open.flatMap { $0 > 0 ? width / $0 : nil }
  }

  /// Between an MLP's two layers, as a configuration says; nil where none does. Throws for one that is not here.
  func activation() throws -> Activation? {
    if let model = openClip?["model_cfg"] ?? openClip { return model["quick_gelu"]?.bool ?? false ? .quickGelu : .gelu }
    let told = tower?["hidden_act"] ?? huggingFace?["model_args"]?["act_layer"]
    guard let name = told?.string else { return nil }
    guard let known = Activation(huggingFace: name), [.gelu, .quickGelu].contains(known) else {
      throw InputError(
        "hidden_act '\(name)' is unknown", at: "config.json", cure: "use a vision transformer with gelu or quick_gelu")
    }
    return known
  }

  /// What a head reads, as timm notes it: `token`, `avg`. Throws an `InputError` where it is none of those that are known.
  func pool(
    among known: [String], for weights: Weights, orElse option: String = ""
  ) throws(InputError) -> String? {
    guard let pool = huggingFace?["model_args"]?["global_pool"]?.string ?? huggingFace?["global_pool"]?.string else {
      return nil
    }
    guard known.contains(pool) else {
      throw InputError(
        "global_pool '\(pool)' is not supported", at: "\(weights.place), its configuration",
        cure: "use a model with global_pool \(known.joined(separator: " or "))\(option)")
    }
    return pool
  }

  /// LayerNorm's ε, as transformers notes it.
  var epsilon: Double? {
    return tower?["layer_norm_eps"]?.double.flatMap { $0 >= 0 && $0 < 1 ? $0 : nil }
  }
}
