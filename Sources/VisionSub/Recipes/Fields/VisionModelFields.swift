public import SubTrain

/// `model.*` of a vision recipe: the network and what becomes of its layers.
public struct VisionModelFields: FieldGroup {
  /// A timm name.
  public var name: String
  /// What the head reads.
  public var readout: VisionTransformerConfig.Readout
  /// Stochastic depth, of the deepest block where it rises.
  public var dropPath = 0.0
  /// Whether the patch embedding stays as it was loaded.
  public var freezesPatches = false
  /// The side of a Swin's windows, in tokens; 0: as the model has them.
  public var window = 0

  /// A model by its name.
  public init(_ name: String, readout: VisionTransformerConfig.Readout = .token) {
    (self.name, self.readout) = (name, readout)
  }

  public static let fields: [Field<Self>] = [
    Field(
      "name", \.name, .choice(VisionFamilies.names), "the network that train makes; finetune takes --from's"),
    Field(
      "readout", \.readout, "what the head reads: the class token, the normed mean of patches, the mean of normed ones"),
    Field("drop_path", \.dropPath, .fraction, "stochastic depth, of the deepest block where it rises"),
    Field("freezes_patches", \.freezesPatches, "whether the patch embedding stays as it was loaded"),
    Field("window", \.window, 0...64, "the side of a Swin's windows, in tokens; 0: as the model has them"),
  ]
}
