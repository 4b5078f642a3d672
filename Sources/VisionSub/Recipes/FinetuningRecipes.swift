import SubNN

/// Finetuning of self-supervised encoders: MAE (He et al. 2022), BEiT v2 (Peng et al. 2022), and CLIP as FT-CLIP (Dong
/// et al. 2022) does it. MaskSub Table 3.
extension VisionRecipe {
  private static func finetuning(
    _ name: String, _ model: String, _ readout: VisionTransformerConfig.Readout, epochs: Int, lr: Double,
    schedule: CosineSchedule.Form, layerDecay: Double
  ) -> VisionRecipe {
    var recipe = VisionRecipe(
      name, model: model, readout: readout, epochs: epochs, batchSize: 1024, lr: lr, minLr: 1e-6, schedule: schedule,
      weightDecay: 0.05, augment: "rand-m9-mstd0.5-inc1")
    (recipe.layerDecay, recipe.smoothing, recipe.erasing) = (layerDecay, 0.1, 0.25)
    return recipe
  }

  /// `mae-{b,l,h}`
  static let mae: [VisionRecipeEntry] = [
    ("b", "base", 16, 100, 2e-3, 0.65, 0.1, "83.6 → 83.9"), ("l", "large", 16, 50, 4e-3, 0.75, 0.2, "85.9 → 86.1"),
    ("h", "huge", 14, 50, 4e-3, 0.75, 0.3, "86.9 → 87.2"),
  ].map { letter, size, patch, epochs, lr, layerDecay, dropPath, result in
    var recipe = finetuning(
      "mae-\(letter)", "vit_\(size)_patch\(patch)_224.mae", .pooled, epochs: epochs, lr: lr, schedule: .fraction,
      layerDecay: layerDecay)
    (recipe.dropPath, recipe.mixup, recipe.cutmix, recipe.evalResize) = (dropPath, 0.8, 1.0, 256)
    recipe.accumulation = letter == "l" ? 4 : 1
    return VisionRecipeEntry(
      recipe, "finetunes MAE's ViT-\(letter.uppercased()), \(epochs) epochs",
      command: "masksub finetune --from mae_pretrain_vit_\(size).pth --data imagenet/train",
      expected: "ImageNet-1k top-1 \(result) with MaskSub (Table 3)",
      source: "facebookresearch/mae FINETUNE.md; naver-ai/augsub mae/README.md; MaskSub Table 3 and B.1",
      notes: [
        "lr": "blr \(letter == "b" ? "5e-4" : "1e-3") × 1024 / 256; scale it yourself when you change batch_size",
        "layer_decay":
          "mended: augsub's README has option names that its own parser refuses; the values are those meant",
        "readout": "fc_norm of the mean of the patch tokens; the head starts at N(0, 2e-5²), its bias at 0",
        "mixup": mixing, "schedule": "by the update, from 0; with accumulation the first batch's rate holds for all",
      ])
  }

  /// `beitv2-{b,l}`
  static let beit: [VisionRecipeEntry] = [
    ("b", "base", 100, 20, 5e-4, 0.6, 1, "85.5 → 85.6"), ("l", "large", 50, 5, 2e-4, 0.8, 2, "87.3 → 87.4"),
  ].map { letter, size, epochs, warmup, lr, layerDecay, accumulation, result in
    var recipe = finetuning(
      "beitv2-\(letter)", "beitv2_\(size)_patch16_224", .pooled, epochs: epochs, lr: lr, schedule: .table,
      layerDecay: layerDecay)
    (recipe.warmupEpochs, recipe.accumulation, recipe.dropPath) = (warmup, accumulation, 0.2)
    (recipe.mixup, recipe.cutmix, recipe.evalResize) = (0.8, 1.0, 256)
    recipe.masking = .block
    return VisionRecipeEntry(
      recipe, "finetunes BEiT v2's ViT-\(letter.uppercased()) (pt1k weights), \(epochs) epochs",
      command: "masksub finetune --from beitv2_\(size)_patch16_224_pt1k.pth --data imagenet/train",
      expected: "ImageNet-1k top-1 \(result) with MaskSub (Table 3)",
      source: "microsoft/unilm beit2; MaskSub Table 3 and B.1; no code of MaskSub's run was released",
      notes: [
        "ratio": "masked tokens become the pretrained mask token; int(L(1 - ratio)) stay, exactly",
        "masking":
          "MaskSub names the \"block-masking strategy with mask-tokens\" and no more: the blocks are those of beit2's "
          + "pretraining (areas of 16 patches and more, aspect 0.3 to 1/0.3)",
        "lr": "for the pt1k weights; the README's example commands show the ft21k variant",
        "weight_decay": "relative biases decay, as in the original; the mask token does not (open in the paper)",
        "schedule": "kept: a table whose warmup ends at the peak one update early; min_lr is scaled by layer too",
        "readout": "fc_norm of the mean of the patch tokens; the head starts at N(0, 2e-5²), its bias at 0",
        "mixup": mixing,
        "normalization": "ImageNet's, by a flag of the original's; its default would be 0.5",
      ])
  }

  /// `ft-clip-{b,l}`
  static let ftClip: [VisionRecipeEntry] = [
    ("b", "base", 16, 50, 10, 6e-4, 0.6, 1, "84.8 → 85.2"), ("l", "large", 14, 30, 5, 4e-4, 0.65, 4, "87.5 → 87.8"),
  ].map { letter, size, patch, epochs, warmup, lr, layerDecay, accumulation, result in
    var recipe = finetuning(
      "ft-clip-\(letter)", "vit_\(size)_patch\(patch)_clip_quickgelu_224", .normedPool, epochs: epochs, lr: lr,
      schedule: .table, layerDecay: layerDecay)
    (recipe.batchSize, recipe.warmupEpochs, recipe.accumulation) = (2048, warmup, accumulation)
    (recipe.emaDecay, recipe.freezesPatches, recipe.normalization) = (0.9998, true, "clip")
    return VisionRecipeEntry(
      recipe, "finetunes CLIP's ViT-\(letter.uppercased())/\(patch), \(epochs) epochs",
      command: "masksub finetune --from ViT-\(letter.uppercased())-\(patch).pt --data imagenet/train",
      expected: "ImageNet-1k top-1 \(result) with MaskSub, the last epoch's average (Table 3)",
      source: "LightDXY/FT-CLIP; MaskSub Table 3 and B.1; no code of MaskSub's run was released",
      notes: [
        "smoothing":
          "on integer labels; the sub-branch has soft cross-entropy without it (not published, the consistent reading)",
        "ema_decay": "the average is what is reported; no warmup of its decay",
        "freezes_patches": "as FT-CLIP does at 224 pixels",
        "mixup": "no mixup and no CutMix here",
        "readout": "fc_norm on every patch token, then the mean; OpenAI's ln_post and proj are not used. The "
          + "head starts at N(0, 2e-5²); its bias at 0, where the original's is uniform within ±4e-5",
        "schedule": "kept: a table whose warmup ends at the peak one update early; min_lr is scaled by layer too",
      ])
  }
}
