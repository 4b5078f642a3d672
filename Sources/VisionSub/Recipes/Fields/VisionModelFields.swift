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
  /// Features, blocks and heads of a new network, as `ModelSizes` reads them; `0`: as the named one has them.
  public var width = "0", depth = "0", heads = "0"
  /// Features inside an MLP, and the side of a patch in pixels; 0: as the named network has them.
  public var hidden = 0, patch = 0

  /// A model by its name.
  public init(_ name: String, readout: VisionTransformerConfig.Readout = .token) {
    (self.name, self.readout) = (name, readout)
  }

  private static let own = "the named network"

  public static let fields: [Field<Self>] = [
    Field(
      "name", \.name, .choice(VisionFamilies.names), "the network that train makes; finetune takes --from's"),
    Field(
      "readout", \.readout, "what the head reads: the class token, the normed mean of patches, the mean of normed ones"),
    Field("drop_path", \.dropPath, .fraction, "stochastic depth, of the deepest block where it rises"),
    Field("freezes_patches", \.freezesPatches, "whether the patch embedding stays as it was loaded"),
    Field("window", \.window, 0...64, "the side of a Swin's windows, in tokens; 0: as the model has them"),
    Field(
      "width", \.width, .text(listForm), "features of a new network, or channels of a ResNet's stages", source: own),
    Field("depth", \.depth, .text(listForm), "its blocks, or those of each stage", source: own),
    Field(
      "heads", \.heads, .text(listForm), "its attention heads; 0 with another width: as wide as before", source: own),
    Field("hidden", \.hidden, 0...1 << 18, "features inside its MLPs; 0: as many times the width", source: own),
    Field("patch", \.patch, 0...1024, "the side of its patches, in pixels; 0: as the model has them", source: own),
  ]
}
