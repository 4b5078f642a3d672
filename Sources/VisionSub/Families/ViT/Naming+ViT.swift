package import SubTrain

// How files name the tensors of vision transformers. The models' own names are timm's.
extension Naming {
  /// timm's, and the official ones of MAE and of BEiT's pretraining: a pretrained BEiT's one table is every block's.
  static let timmViT = Naming(
    "timm", "timm's names",
    signatures: [["patch_embed.proj.weight", "cls_token"], ["patch_embed.proj.weight", "blocks.0.attn.qkv.weight"]],
    rules: timmRules, known: timmExtras)

  /// DeiT-III's official names, and BEiT's anywhere: LayerScale is `gamma_1`.
  static let officialViT = Naming(
    "official", "the official names", signatures: [["patch_embed.proj.weight", "cls_token", "blocks.0.gamma_1"]],
    rules: timmRules + [
      .init("blocks.*.ls1.gamma", "blocks.*.gamma_1"), .init("blocks.*.ls2.gamma", "blocks.*.gamma_2"),
    ],
    known: timmExtras, dialect: "timm")

  /// OpenAI's, open_clip's and FT-CLIP's: an image tower, with FT-CLIP's norm of patch tokens, else CLIP's own of the class
  /// token.
  static let openClipViT = Naming(
    "openclip", "CLIP's names", signatures: [["class_embedding", "conv1.weight"]],
    rules: openClipTower + openClipBlocks + [.init("norm.*", "fc_norm.*", "ln_post.*")],
    known: [
      "head.**", "fc_norm.**", "ln_post.**", "proj", "token_embedding.**", "ln_final.**", "text_projection",
      "logit_scale", "input_resolution", "context_length", "vocab_size", "attn_mask",
    ], isPart: true)

  /// transformers' CLIP: an image tower.
  static let huggingFaceViT = Naming(
    "hf", "Hugging Face's names", signatures: [["embeddings.patch_embedding.weight"]],
    rules: huggingFaceTower + huggingFaceBlocks + [.init("norm.*", "fc_norm.*", "post_layernorm.*")],
    known: ["head.**", "fc_norm.**", "post_layernorm.**", "embeddings.position_ids"], isPart: true)

  /// The image tower's own tensors as open_clip has them, its blocks apart.
  package static let openClipTower: [Rule] = [
    .init("cls_token", "class_embedding"), .init("pos_embed", "positional_embedding"),
    .init("patch_embed.proj.*", "conv1.*"), .init("norm_pre.*", "ln_pre.*"),
  ]

  /// transformers' ViT and the encoder of its ViTMAE.
  static let huggingFaceEncoder = Naming(
    "hf", "Hugging Face's names",
    signatures: ["vit.", "deit.", ""].map { prefix in
      ["embeddings.patch_embeddings.projection.weight", "encoder.layer.0.layernorm_before.weight"].map { prefix + $0 }
    },
    rules: [
      ("cls_token", "embeddings.cls_token", Layout.leading(2)),
      ("pos_embed", "embeddings.position_embeddings", .leading(1)),
      ("patch_embed.proj.*", "embeddings.patch_embeddings.projection.*", .same),
      ("blocks.*.norm1.*", "encoder.layer.*.layernorm_before.*", .same),
      ("blocks.*.norm2.*", "encoder.layer.*.layernorm_after.*", .same),
      ("blocks.*.attn.qkv.*", "encoder.layer.*.attention.attention.{query,key,value}.*", .same),
      ("blocks.*.attn.proj.*", "encoder.layer.*.attention.output.dense.*", .same),
      ("blocks.*.mlp.fc1.*", "encoder.layer.*.intermediate.dense.*", .same),
      ("blocks.*.mlp.fc2.*", "encoder.layer.*.output.dense.*", .same), ("norm.*", "layernorm.*", .same),
    ].map { Rule($0, "vit.\($1)", "deit.\($1)", $1, layout: $2) } + [.init("head.*", "classifier.*")],
    known: [
      "classifier.**", "decoder.**", "vit.layernorm.**", "deit.layernorm.**", "layernorm.**", "pooler.**",
      "vit.pooler.**", "vit.embeddings.mask_token", "embeddings.mask_token",
    ])

  /// A block as open_clip has it, in either tower.
  package static let openClipBlocks: [Rule] = [
    ("norm1.*", "ln_1.*"), ("norm2.*", "ln_2.*"), ("attn.qkv.*", "attn.in_proj_*"), ("attn.proj.*", "attn.out_proj.*"),
    ("mlp.fc1.*", "mlp.c_fc.*"), ("mlp.fc2.*", "mlp.c_proj.*"),
  ].map { Rule("blocks.*.\($0)", "transformer.resblocks.*.\($1)") }

  /// The image tower's own tensors as transformers has them, its blocks apart.
  package static let huggingFaceTower: [Rule] = [
    .init("cls_token", "embeddings.class_embedding"), .init("pos_embed", "embeddings.position_embedding.weight"),
    .init("patch_embed.proj.*", "embeddings.patch_embedding.*"),
    // Their spelling.
    .init("norm_pre.*", "pre_layrnorm.*"),
  ]

  /// A block as transformers has it in CLIP, in either tower.
  package static let huggingFaceBlocks: [Rule] = [
    ("norm1.*", "layer_norm1.*"), ("norm2.*", "layer_norm2.*"), ("attn.qkv.*", "self_attn.{q,k,v}_proj.*"),
    ("attn.proj.*", "self_attn.out_proj.*"), ("mlp.*.*", "mlp.*.*"),
  ].map { Rule("blocks.*.\($0)", "encoder.layers.*.\($1)") }

  private static let timmRules: [Rule] = [
    .init("cls_token", "cls_token", layout: .leading(2)), .init("mask_token", "mask_token", layout: .leading(2)),
    .init("pos_embed", "pos_embed", layout: .leading(1)),
    .init(
      "blocks.*.attn.relative_position_bias_table", "blocks.*.attn.relative_position_bias_table",
      "rel_pos_bias.relative_position_bias_table"),
  ]

  /// Buffers, pretraining's own parts, and what a model of another head or readout has.
  private static let timmExtras = [
    "head.**", "norm.**", "fc_norm.**", "decoder_**", "lm_head.**", "cls_pt_layers.**", "mask_token", "rel_pos_bias.**",
    "blocks.*.attn.relative_position_index",
  ]
}
