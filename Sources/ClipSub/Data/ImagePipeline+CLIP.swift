public import SubData

extension ImagePipeline {
  /// CLIP's training input, as open_clip's: a random crop of 90% to 100% of the area, bicubic, no flip, no colours.
  public static func clipTraining(size: Int = 224) -> ImagePipeline {
    ImagePipeline(
      size: size, framing: .randomResized(scale: 0.9...1, ratio: (3.0 / 4)...(4.0 / 3)), normalization: .clip)
  }

  /// CLIP's evaluation input: the shorter side to `size`, the middle square.
  public static func clipEvaluation(size: Int = 224) -> ImagePipeline {
    .eval(size: size, resize: size, normalization: .clip)
  }
}
