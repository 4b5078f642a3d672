public import SubTrain
import VisionSub

// How files name the tensors of a CLIP: `visual.` is the image tower, `text.` the text tower.
extension Naming {
  /// open_clip's and OpenAI's names, which are the same; a text tower of open_clip's own classes stands behind `text.`.
  public static let openClip = Naming(
    "openclip", "open_clip's names",
    signatures: ["", "text."].map { ["visual.conv1.weight", "visual.class_embedding", $0 + "token_embedding.weight"] },
    rules: (openClipTower + openClipBlocks + [.init("norm.*", "ln_post.*")])
      .map { $0.under(ours: "visual.", theirs: "visual.") }
      + (openClipBlocks + [
        .init("token_embedding.*", "token_embedding.*"), .init("pos_embed", "positional_embedding"),
        .init("norm.*", "ln_final.*"), .init("proj", "text_projection"),
      ]).flatMap { [$0.under(ours: "text.", theirs: ""), $0.under(ours: "text.", theirs: "text.")] },
    known: ["input_resolution", "context_length", "vocab_size", "attn_mask", "text.attn_mask"])

  /// transformers' `CLIPModel`: query, key and value apart, projections transposed.
  public static let huggingFaceCLIP = Naming(
    "hf", "Hugging Face's names",
    signatures: [
      ["vision_model.embeddings.patch_embedding.weight", "text_model.embeddings.token_embedding.weight"]
    ],
    rules: (huggingFaceTower + huggingFaceBlocks + [.init("norm.*", "post_layernorm.*")])
      .map { $0.under(ours: "visual.", theirs: "vision_model.") }
      + (huggingFaceBlocks + [
        .init("token_embedding.*", "embeddings.token_embedding.*"),
        .init("pos_embed", "embeddings.position_embedding.weight"), .init("norm.*", "final_layer_norm.*"),
      ]).map { $0.under(ours: "text.", theirs: "text_model.") } + [
        .init("visual.proj", "visual_projection.weight", layout: .transposed),
        .init("text.proj", "text_projection.weight", layout: .transposed),
      ],
    known: ["vision_model.embeddings.position_ids", "text_model.embeddings.position_ids"])
}
