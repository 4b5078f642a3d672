import SubTrain

// How files name the tensors of Swin transformers. The models' own names are timm's, axes of one in front left out.
extension Naming {
  /// timm's: patch merging begins a stage, and the head has a part of its own. timm's own model has no mask token and
  /// refuses a file with one; our checkpoints, which have these names too, keep it.
  static let timmSwin = Naming(
    "timm", "timm's names", signatures: [["patch_embed.proj.weight", swinTable]], rules: [swinMaskToken],
    known: swinBuffers, lacking: ["mask_token"])

  /// The official names, timm's too before version 0.9: patch merging ends a stage.
  static let officialSwin = Naming(
    "official", "the official names",
    signatures: [["patch_embed.proj.weight", swinTable, "layers.0.downsample.reduction.weight"]],
    rules: [swinMaskToken, .init("head.fc.*", "head.*")]
      + (1..<SwinConfig.mostStages).map { .init("layers.\($0).downsample.**", "layers.\($0 - 1).downsample.**") },
    known: swinBuffers)

  private static let swinTable = "layers.0.blocks.0.attn.relative_position_bias_table"
  private static let swinMaskToken = Rule("mask_token", "mask_token", layout: .leading(2))
  /// What follows from the sizes.
  private static let swinBuffers = ["layers.*.blocks.*.attn.relative_position_index", "layers.*.blocks.*.attn_mask"]
}
