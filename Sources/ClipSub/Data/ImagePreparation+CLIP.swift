public import SubData
public import VisionSub

extension ImagePreparation {
  /// CLIP's: the shorter side to the images' size, the middle square, its own means and deviations.
  public static let clip = ImagePreparation(
    mean: Normalization.clip.mean, deviation: Normalization.clip.deviation, crop: .ratio(1), mode: .center,
    interpolation: .bicubic)

  /// As open_clip writes it, `preprocess_cfg`.
  func openClipJSON(size: Int) -> JSON {
    let numbers = { (values: [Float]?) in JSON.array((values ?? []).map { JSON($0) }) }
    var fields: JSON.Object = [
      "size": .integer(Int64(size)), "mode": "RGB", "mean": numbers(mean), "std": numbers(deviation),
      "interpolation": .string((interpolation ?? .bicubic).rawValue),
      "resize_mode": .string(mode == .squash ? "squash" : "shortest"),
    ]
    // open_clip rounds as torchvision does, and passes over fields that it does not know.
    if rounding == .down { fields["crop_rounding"] = .string(CropRounding.down.rawValue) }
    return .object(fields)
  }
}

extension ImagePipeline {
  /// CLIP's training input, as open_clip's: a random crop of 90% to 100% of the area, no flip, no colours; bicubic whatever
  /// the preparation of evaluated images says, of which the means and deviations alone are used.
  public static func clipTraining(size: Int = 224, _ preparation: ImagePreparation = .clip) -> ImagePipeline {
    var pipeline = preparation.pipeline(size: size)
    pipeline.framing = .randomResized(scale: 0.9...1, ratio: (3.0 / 4)...(4.0 / 3))
    pipeline.interpolation = .bicubic
    return pipeline
  }
}
