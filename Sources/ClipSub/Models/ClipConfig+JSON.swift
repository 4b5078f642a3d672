import SubCore
public import SubData
import VisionSub

extension ClipConfig {
  /// Reads open_clip's form: `embed_dim`, `quick_gelu`, `vision_cfg` and `text_cfg`, alone or under `model_cfg`. Fields
  /// left out have open_clip's defaults; a field that would change what is computed and is not known here is an error.
  public init(_ json: JSON, place: String) throws {
    self.init()
    let model = json["model_cfg"] ?? json
    let top = JSONFields(model, at: place)
    guard model.object != nil, let visual = top.member("vision_cfg"), visual.json.object != nil,
      let textual = top.member("text_cfg"), textual.json.object != nil
    else {
      throw InputError(
        "vision_cfg or text_cfg is missing", at: place, cure: "give an open_clip model configuration with both")
    }
    embedWidth = try top.count("embed_dim", embedWidth)
    activation = try top.flag("quick_gelu") ?? false ? .quickGelu : .gelu
    var known: Set = ["embed_dim", "quick_gelu", "vision_cfg", "text_cfg", "custom_text", "cast_dtype", "output_dict"]
    // The start of a new model's logit scale, where it is CLIP's.
    if let start = model["init_logit_scale"]?.double, abs(start - 2.6593) < 1e-3 { known.insert("init_logit_scale") }
    // The preparation of images stands beside the sizes where there is no model_cfg, and is read elsewhere.
    if json["model_cfg"] == nil { known.insert("preprocess_cfg") }
    try top.refuseRest(known)

    image.size = try visual.count("image_size", 224)
    image.patch = try visual.count("patch_size", 16)
    image.width = try visual.count("width", 768)
    guard visual.value("layers")?.array == nil else {
      throw visual.failure(
        "layers", "is that of a ResNet tower, which is not supported",
        cure: "use a plain vision transformer CLIP such as \(Self.names[0])")
    }
    image.layers = try visual.count("layers", 12)
    let headWidth = try visual.count("head_width", Self.headWidth)
    image.heads = image.width / headWidth
    image.mlpWidth = try visual.width("mlp_ratio", of: image.width)
    patchDropout = try visual.number("patch_dropout", "a number from 0, below 1") { $0 >= 0 && $0 < 1 } ?? 0
    try visual.refuseRest(["image_size", "patch_size", "width", "layers", "head_width", "mlp_ratio", "patch_dropout"])
    guard image.width % headWidth == 0 else {
      throw InputError(
        "vision_cfg.width \(image.width) is no multiple of head_width \(headWidth)", at: place,
        cure: "correct the fields")
    }
    guard image.size >= image.patch else {
      throw InputError(
        "vision_cfg.patch_size \(image.patch) exceeds image_size \(image.size)", at: place, cure: "correct the fields")
    }

    text.contextLength = try textual.count("context_length", 77)
    guard text.contextLength > 2 else {
      throw InputError(
        "'text_cfg.context_length' \(text.contextLength) leaves no room between start and end", at: place,
        cure: "correct the field")
    }
    text.vocabularySize = try textual.count("vocab_size", 49408)
    text.width = try textual.count("width", 512)
    text.layers = try textual.count("layers", 12)
    text.heads = try textual.count("heads", 8)
    text.mlpWidth = try textual.width("mlp_ratio", of: text.width)
    var knownOfText: Set = ["context_length", "vocab_size", "width", "layers", "heads", "mlp_ratio"]
    // Where a text is read: at its largest id, the end.
    if textual.value("pool_type")?.string == "argmax" { knownOfText.insert("pool_type") }
    try textual.refuseRest(knownOfText)
    guard text.width % text.heads == 0 else {
      throw InputError(
        "text_cfg.width \(text.width) is no multiple of heads \(text.heads)", at: place, cure: "correct the fields")
    }
  }

  /// The configuration in open_clip's form.
  public var json: JSON {
    func count(_ number: Int) -> JSON { .integer(Int64(number)) }
    return [
      "model_cfg": [
        "embed_dim": count(embedWidth), "quick_gelu": .bool(activation == .quickGelu),
        "vision_cfg": [
          "image_size": count(image.size), "layers": count(image.layers), "width": count(image.width),
          "head_width": count(image.width / image.heads), "patch_size": count(image.patch),
          "mlp_ratio": .number(VisionTransformerConfig.ratio(image.mlpWidth, of: image.width)),
        ],
        "text_cfg": [
          "context_length": count(text.contextLength), "vocab_size": count(text.vocabularySize),
          "width": count(text.width), "heads": count(text.heads), "layers": count(text.layers),
          "mlp_ratio": .number(VisionTransformerConfig.ratio(text.mlpWidth, of: text.width)),
        ],
      ]
    ]
  }
}

extension JSONFields {
  fileprivate func count(_ key: String, _ standard: Int) throws -> Int { try count(key, in: 1...1 << 20) ?? standard }

  /// int(width · ratio), ratio 4 unless given.
  fileprivate func width(_ key: String, of width: Int) throws -> Int {
    let ratio = try number(key, "a number above 0, up to 64") { $0 > 0 && $0 <= 64 && Int(Double(width) * $0) > 0 }
    return ratio.map { Int(Double(width) * $0) } ?? 4 * width
  }

  /// Fields that are off (null, false) change nothing; any other belongs to another architecture.
  fileprivate func refuseRest(_ known: Set<String>) throws {
    for member in json.object?.members ?? []
    where !known.contains(member.key) && !member.value.isNull && member.value.bool != false {
      throw failure(
        member.key, "is not supported", cure: "use a plain vision transformer CLIP such as \(ClipConfig.names[0])")
    }
  }
}
