import SubCore
public import SubData

// What other tools write of it.
extension ImagePreparation {
  /// timm's: `pretrained_cfg` in a `config.json`, or, as its first files had it, the fields themselves. Nil where there are
  /// none. Throws for a field of the wrong kind.
  public init?(timm json: JSON, at place: String) throws {
    let isOld = json["pretrained_cfg"] == nil && json["architecture"] != nil && json["mean"] != nil
    guard let stored = isOld ? json : json["pretrained_cfg"], stored.object != nil else { return nil }
    self.init(sources: ["\(place), \(isOld ? "timm's fields" : "pretrained_cfg")"])
    let fields = JSONFields(stored, at: place)
    (mean, deviation) = (try fields.three("mean"), try fields.three("std"))
    crop = try fields.ratio("crop_pct").map { .ratio($0) }
    if let mode = try fields.text("crop_mode") {
      self.mode = Mode(rawValue: mode)
      if self.mode == nil { refused[.mode] = fields.refusal("crop_mode", mode, "--crop-mode") }
    }
    try take(fields.text("interpolation"), "interpolation", fields)
    if isEmpty { return nil }
    // Where timm does not say, it takes the middle.
    if mode == nil, refused[.mode] == nil { mode = .center }
  }

  /// open_clip's: `preprocess_cfg` in an `open_clip_config.json`. Nil where there is none.
  public init?(openClip json: JSON, at place: String) throws {
    guard let stored = json["preprocess_cfg"], stored.object != nil else { return nil }
    self.init(sources: ["\(place), preprocess_cfg"])
    let fields = JSONFields(stored, at: place)
    (mean, deviation) = (try fields.three("mean"), try fields.three("std"))
    switch try fields.text("resize_mode") {
    case "shortest": mode = .center
    case "squash": mode = .squash
    case let other?: refused[.mode] = fields.refusal("resize_mode", other, "--crop-mode")
    case nil: break
    }
    // Its own evaluation takes anything but bilinear as bicubic.
    let interpolation = try fields.text("interpolation")
    try take(interpolation == "random" ? "bicubic" : interpolation, "interpolation", fields)
    if isEmpty { return nil }
    crop = .ratio(1)
  }

  /// transformers': a `preprocessor_config.json`. Throws where it says nothing, or what cannot be done.
  public init(huggingFace json: JSON, at place: String) throws {
    self.init(sources: [place])
    let fields = JSONFields(json, at: place)
    (mean, deviation) = (try fields.three("image_mean"), try fields.three("image_std"))
    if try fields.flag("do_normalize") == false { (mean, deviation) = ([0, 0, 0], [1, 1, 1]) }
    let factor = json["rescale_factor"]?.double
    if try fields.flag("do_rescale") == false || factor.map({ abs($0 * 255 - 1) > 1e-6 }) ?? false {
      refused[.mean] = fields.refusal("rescale_factor", factor?.description ?? "none", "--mean and --deviation")
    }
    if let filter = json["resample"]?.int {
      let names = ["nearest", "lanczos", "bilinear", "bicubic", "box", "hamming"]
      try take(names.indices.contains(filter) ? names[filter] : "\(filter)", "resample", fields)
    }
    try takeSizes(fields, json)
  }

  /// How large images become before and behind the crop. A number alone is both sides for a ViT, the shorter for a CLIP.
  private mutating func takeSizes(_ fields: JSONFields, _ json: JSON) throws {
    if try fields.flag("do_resize") == false {
      refused[.crop] = fields.refusal("do_resize", "false", "--crop-ratio")
      return
    }
    let kind = json["image_processor_type"]?.string ?? json["feature_extractor_type"]?.string ?? ""
    let keepsRatio = ["CLIP", "ConvNext", "ConvNeXT"].contains { kind.hasPrefix($0) }
    let side: Int
    if let number = try fields.size("size") {
      (side, mode) = (number, keepsRatio ? .center : .squash)
    } else if let number = try fields.size("size", "shortest_edge") {
      (side, mode) = (number, .center)
    } else if let high = try fields.size("size", "height"), let wide = try fields.size("size", "width") {
      guard high == wide else {
        refused[.crop] = fields.refusal("size", "\(high) × \(wide)", "--crop-ratio")
        return
      }
      (side, mode) = (high, .squash)
    } else {
      return
    }
    let isCropped = try fields.flag("do_center_crop") ?? (json["crop_size"] != nil)
    let cropped = isCropped ? try fields.size("crop_size") ?? fields.size("crop_size", "height") : nil
    if kind.hasPrefix("ConvNe"), cropped == nil, let ratio = try fields.ratio("crop_pct") ?? 0.875 as Double? {
      // Its own rule: a crop below 384 pixels, all of the image from there on.
      (crop, mode) = side < 384 ? (.ratio(ratio), .center) : (.ratio(1), .squash)
    } else {
      crop = .ratio(cropped.map { $0 < side ? Self.cropRatio($0, resize: side) : 1 } ?? 1)
    }
  }

  private mutating func take(_ name: String?, _ key: String, _ fields: JSONFields) throws {
    guard let name else { return }
    interpolation = Interpolation(rawValue: name)
    if interpolation == nil { refused[.interpolation] = fields.refusal(key, name, "--interpolation") }
  }
}

extension JSONFields {
  /// What is there and cannot be done.
  fileprivate func refusal(_ key: String, _ value: String, _ option: String) -> InputError {
    InputError(
      "images are to be prepared with \(key) \(value)", at: place, cure: "say with \(option) what to do instead")
  }

  fileprivate func three(_ key: String) throws -> [Float]? {
    guard let value = value(key) else { return nil }
    let numbers = value.array?.compactMap(\.double) ?? value.double.map { [$0] } ?? []
    let isDeviation = key.hasSuffix("std")
    guard numbers.count == 3 || numbers.count == 1, numbers.allSatisfy({ abs($0) < 1e6 && (!isDeviation || $0 > 0) })
    else { throw failure(key, "is not three numbers" + (isDeviation ? " above 0" : "")) }
    return numbers.count == 3 ? numbers.map { Float($0) } : Array(repeating: Float(numbers[0]), count: 3)
  }

  fileprivate func ratio(_ key: String) throws -> Double? {
    try number(key, "a number above 0, at most 1") { $0 > 0 && $0 <= 1 }
  }

  /// A number of pixels; nil where there is none, or an object where `part` is asked for.
  fileprivate func size(_ key: String, _ part: String? = nil) throws -> Int? {
    guard let member = value(key), let number = part.map({ member[$0] }) ?? member, number.object == nil, !number.isNull
    else { return nil }
    guard let size = number.int, (1...8192).contains(size) else { throw failure(key, "is not a number of pixels") }
    return size
  }
}
