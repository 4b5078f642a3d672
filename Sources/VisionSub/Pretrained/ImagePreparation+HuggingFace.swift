import SubCore
public import SubData

// What transformers writes of it.
extension ImagePreparation {
  /// transformers': a `preprocessor_config.json`, or `image_processor` in a `processor_config.json`. What is left out there is
  /// as the kind of image processor has it. Throws for a field of the wrong kind.
  public init(huggingFace json: JSON, at place: String) throws {
    self.init(rounding: .down, sources: [place])
    let told = JSONFields(json, at: place)
    let type = try told.text("image_processor_type") ?? told.text("feature_extractor_type")
    let kind = type.map {
      ["ImageProcessor", "FeatureExtractor", "Fast", "Pil"].reduce($0) { $0.replacing($1, with: "") }
    }
    let defaults = kind.flatMap { Self.imageProcessors[$0.lowercased()] }
    if let type, defaults == nil {
      let options = "--mean, --deviation, --crop-ratio, --crop-mode and --interpolation"
      let error = told.refusal("image_processor_type", type, options)
      refused = Dictionary(uniqueKeysWithValues: Part.allCases.map { ($0, error) })
      return
    }
    var all = defaults ?? JSON.Object()
    for member in json.object?.members ?? [] where !member.value.isNull { all[member.key] = member.value }
    let fields = JSONFields(.object(all), at: place)
    try takeNumbers(fields)
    if let filter = fields.value("resample")?.int {
      let names = ["nearest", "lanczos", "bilinear", "bicubic", "box", "hamming"]
      try take(names.indices.contains(filter) ? names[filter] : "\(filter)", "resample", fields)
    }
    try takeSizes(fields, cropsItself: kind?.lowercased() == "convnext")
  }

  /// What is done to bytes.
  private mutating func takeNumbers(_ fields: JSONFields) throws {
    (mean, deviation) = (try fields.three("image_mean"), try fields.three("image_std"))
    if try fields.flag("do_normalize") == false { (mean, deviation) = ([0, 0, 0], [1, 1, 1]) }
    func refuse(_ key: String, _ value: String) {
      refused[.mean] = fields.refusal(key, value, "--mean and --deviation")
    }
    let factor = fields.value("rescale_factor")?.double
    if try fields.flag("do_rescale") == false || factor.map({ abs($0 * 255 - 1) > 1e-6 }) ?? false {
      refuse("rescale_factor", factor?.description ?? "none")
    }
    for key in ["do_flip_channel_order", "rescale_offset", "offset"] {
      if let value = fields.value(key), value.bool != false, value.double != 0 { refuse(key, value.text()) }
    }
  }

  /// How large images become before and behind the crop. `cropsItself`: as ConvNeXt's resize does.
  private mutating func takeSizes(_ fields: JSONFields, cropsItself: Bool) throws {
    func refuse(_ key: String) { refused[.crop] = fields.refusal(key, fields.value(key)?.text() ?? "", "--crop-ratio") }
    guard try fields.flag("do_resize") != false else { return refuse("do_resize") }
    guard fields.value("size") != nil else { return }
    guard let size = try fields.side("size") else { return refuse("size") }
    let isCropped = try fields.flag("do_center_crop") ?? (fields.value("crop_size") != nil)
    mode = try size.mode ?? (fields.flag("default_to_square") == false ? .center : .squash)
    if cropsItself {
      guard mode == .center, !isCropped else { return refuse(isCropped ? "do_center_crop" : "size") }
      // A crop below 384 pixels, all of the image from there on.
      let ratio = try fields.ratio("crop_pct") ?? 1
      (crop, mode) = size.pixels < 384 ? (.ratio(ratio), .center) : (.ratio(1), .squash)
    } else if isCropped, fields.value("crop_size") != nil {
      // Around an image that is smaller than its crop transformers puts black.
      guard let square = try fields.side("crop_size"), square.mode != .center, square.pixels <= size.pixels else {
        return refuse("crop_size")
      }
      crop = .ratio(Self.cropRatio(square.pixels, resize: size.pixels))
    } else {
      crop = .ratio(1)
    }
  }
}

// The kinds of image processors.
extension ImagePreparation {
  /// Those that do what their fields say and nothing that is not known here, with what they do where a field is left out
  /// (transformers 5).
  private static let imageProcessors: [String: JSON.Object] = [
    "vit": fields(.squash, 224, resample: 2, .inception), "deit": fields(.squash, 256, crop: 224, .inception),
    "beit": fields(.squash, 224, crop: 224, .inception, ["do_center_crop": false]),
    "siglip": fields(.squash, 224, .inception, ["default_to_square": false]),
    "blip": fields(.squash, 384, .clip), "pvt": fields(.squash, 224, .imageNet),
    "clip": fields(.center, 224, crop: 224, .clip), "chineseclip": fields(.center, 224, crop: 224, .clip),
    "bit": fields(.center, 224, crop: 224, .clip), "convnext": fields(.center, 384, .inception, ["crop_pct": 0.875]),
    "mobilenetv1": fields(.center, 256, crop: 224, resample: 2, .inception),
    "mobilenetv2": fields(.center, 256, crop: 224, resample: 2, .inception),
  ]

  /// A kind's own values. `resample`: Pillow's number of the filter, 2 for bilinear, 3 for bicubic.
  private static func fields(
    _ mode: Mode, _ side: JSON, crop: JSON? = nil, resample: JSON = 3, _ normalization: Normalization,
    _ others: JSON.Object = [:]
  ) -> JSON.Object {
    var fields: JSON.Object = [
      "size": mode == .center ? ["shortest_edge": side] : ["height": side, "width": side],
      "default_to_square": .bool(mode == .squash), "do_center_crop": .bool(crop != nil), "resample": resample,
      "image_mean": .array(normalization.mean.map { JSON($0) }),
      "image_std": .array(normalization.deviation.map { JSON($0) }),
    ]
    if let crop { fields["crop_size"] = crop }
    for member in others.members { fields[member.key] = member.value }
    return fields
  }
}

extension JSONFields {
  /// A size: a number, a shortest edge alone, or height and width that are alike; nil where it is anything else. `mode`: how
  /// an image becomes so large; nil: the number does not tell.
  fileprivate func side(_ key: String) throws -> (pixels: Int, mode: ImagePreparation.Mode?)? {
    let range = 1...8192
    guard let size = member(key), let members = size.json.object?.members else {
      return try count(key, in: range).map { ($0, nil) }
    }
    switch Set(members.lazy.filter { !$0.value.isNull }.map(\.key)) {
    case ["shortest_edge"]: return try size.count("shortest_edge", in: range).map { ($0, .center) }
    case ["height", "width"]:
      let (high, wide) = (try size.count("height", in: range), try size.count("width", in: range))
      return high == wide ? high.map { ($0, .squash) } : nil
    default: return nil
    }
  }
}
