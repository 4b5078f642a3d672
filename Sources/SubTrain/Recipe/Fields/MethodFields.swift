public import SubNN

/// `method.*`: what the sub-branch does not see. `--method` says how it trains.
public struct MethodFields: FieldGroup {
  /// The share of the input that is hidden.
  public var ratio = 0.5
  /// How the hidden parts of an image are chosen.
  public var masking = Masking.Selection.uniform
  /// Whether batch-norm's running statistics move in the sub-branch too.
  public var subStatistics = true

  /// Half of an image, each patch on its own.
  public init() {}

  public static let fields: [Field<Self>] = [
    Field("ratio", \.ratio, .fraction, "the share of the input that masksub and masking hide; --ratio goes before it"),
    Field("masking", \.masking, "how the hidden patches are chosen: each on its own, or in rectangles"),
    Field(
      "sub_statistics", \.subStatistics,
      "whether batch-norm's running statistics, those of evaluation, move in the sub-branch too, as in MaskSub's code"),
  ]
}
