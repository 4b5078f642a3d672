import SubCore
public import SubData

// What other tools write of it.
extension ImagePreparation {
  /// timm's: `pretrained_cfg` in a `config.json`, or, as its first files had it, the fields themselves. Nil where there are
  /// none. Throws for a field of the wrong kind.
  public init?(timm json: JSON, at place: String) throws {
    let isOld = json["pretrained_cfg"] == nil && json["architecture"] != nil && json["mean"] != nil
    guard let stored = isOld ? json : json["pretrained_cfg"], stored.object != nil else { return nil }
    self.init(rounding: .even, sources: ["\(place), \(isOld ? "timm's fields" : "pretrained_cfg")"])
    let fields = JSONFields(stored, at: place)
    (mean, deviation) = (try fields.three("mean"), try fields.three("std"))
    crop = try fields.ratio("crop_pct").map { .ratio($0) }
    if let mode = try fields.text("crop_mode") {
      self.mode = Mode(rawValue: mode)
      if self.mode == nil { refused[.mode] = fields.refusal("crop_mode", mode, "--crop-mode") }
    }
    try take(fields.text("interpolation"), "interpolation", fields)
    if isEmpty { return nil }
    self = Self.timm.without(Set(refused.keys)).overridden(by: self)
  }

  /// What timm does where its `PretrainedCfg` does not say.
  private static let timm = ImagePreparation(
    mean: Normalization.imageNet.mean, deviation: Normalization.imageNet.deviation, crop: .ratio(0.875), mode: .center,
    interpolation: .bicubic)

  /// open_clip's: `preprocess_cfg` in an `open_clip_config.json`. Nil where there is none.
  public init?(openClip json: JSON, at place: String) throws {
    guard let stored = json["preprocess_cfg"], stored.object != nil else { return nil }
    self.init(rounding: .even, sources: ["\(place), preprocess_cfg"])
    let fields = JSONFields(stored, at: place)
    // A field of our own, which open_clip passes over.
    if let name = try fields.text("crop_rounding") { rounding = CropRounding(rawValue: name) ?? .even }
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

  /// Takes over a resize's filter by its name.
  mutating func take(_ name: String?, _ key: String, _ fields: JSONFields) throws {
    guard let name else { return }
    interpolation = Interpolation(rawValue: name)
    if interpolation == nil { refused[.interpolation] = fields.refusal(key, name, "--interpolation") }
  }
}

extension JSONFields {
  /// What is there and cannot be done; `option`: what to say instead.
  func refusal(_ key: String, _ value: String, _ option: String) -> InputError {
    InputError(
      "images are to be prepared with \(key) \(value)", at: place, cure: "say with \(option) what to do instead")
  }

  /// Three numbers, or one for all three.
  func three(_ key: String) throws -> [Float]? {
    guard let value = value(key) else { return nil }
    let numbers = value.array?.compactMap(\.double) ?? value.double.map { [$0] } ?? []
    let isDeviation = key.hasSuffix("std")
    guard numbers.count == 3 || numbers.count == 1, numbers.allSatisfy({ abs($0) < 1e6 && (!isDeviation || $0 > 0) })
    else { throw failure(key, "is not three numbers" + (isDeviation ? " above 0" : "")) }
    return numbers.count == 3 ? numbers.map { Float($0) } : Array(repeating: Float(numbers[0]), count: 3)
  }

  /// A share above 0.
  func ratio(_ key: String) throws -> Double? {
    try number(key, "a number above 0, at most 1") { $0 > 0 && $0 <= 1 }
  }
}
