import SubData
import SubNN
import SubTrain

/// Finetuning of self-supervised encoders: MAE (He et al. 2022), BEiT v2 (Peng et al. 2022), and CLIP as FT-CLIP (Dong
/// et al. 2022) does it. MaskSub Table 3.
extension VisionRecipe {
  /// What differs between the sizes of a family.
  private struct Size {
    let letter, model: String
    let epochs: Int
    var warmup = 5
    let lr, layerDecay: Double
    var dropPath = 0.0
    /// Top-1 without and with MaskSub.
    let result: String
  }

  /// What the three families share, and a size's own numbers.
  private static func finetuning(
    _ family: String, _ size: Size, _ readout: VisionTransformerConfig.Readout, _ form: Schedule.Form
  ) -> VisionRecipe {
    var recipe = VisionRecipe("\(family)-\(size.letter)", model: VisionModelFields(size.model, readout: readout))
    recipe.model.dropPath = size.dropPath
    recipe.optimizer.lr = size.lr
    recipe.optimizer.layerDecay = size.layerDecay
    recipe.optimizer.weightDecay = 0.05
    recipe.schedule.form = form
    recipe.schedule.epochs = size.epochs
    recipe.schedule.warmup = .epochs(size.warmup)
    recipe.schedule.minLr = 1e-6
    recipe.loop.batchSize = 1024
    recipe.augment.policy = "rand-m9-mstd0.5-inc1"
    recipe.augment.erasing = 0.25
    recipe.loss.smoothing = 0.1
    return recipe
  }

  /// `mae-{b,l,h}`
  static let mae: [RecipeEntry<VisionRecipe>] = [
    Size(
      letter: "b", model: "vit_base_patch16_224.mae", epochs: 100, lr: 2e-3, layerDecay: 0.65, dropPath: 0.1,
      result: "83.6 → 83.9"),
    Size(
      letter: "l", model: "vit_large_patch16_224.mae", epochs: 50, lr: 4e-3, layerDecay: 0.75, dropPath: 0.2,
      result: "85.9 → 86.1"),
    Size(
      letter: "h", model: "vit_huge_patch14_224.mae", epochs: 50, lr: 4e-3, layerDecay: 0.75, dropPath: 0.3,
      result: "86.9 → 87.2"),
  ].map { size in
    var recipe = finetuning("mae", size, .pooled, .fraction)
    recipe.data.eval = .ratio(0.875, wholeFrom: 225)
    recipe.augment.mixup = 0.8
    recipe.augment.cutmix = 1
    return RecipeEntry(
      recipe, "finetunes MAE's ViT-\(size.letter.uppercased()), \(size.epochs) epochs", for: .imageNet,
      command:
        "masksub finetune --from mae_pretrain_\(size.model.prefix { $0 != "p" }.dropLast()).pth --data imagenet/train",
      expected: "ImageNet-1k top-1 \(size.result) with MaskSub (Table 3)",
      source: "facebookresearch/mae FINETUNE.md; naver-ai/augsub mae/README.md; MaskSub Table 3 and B.1",
      notes: [
        "optimizer.lr":
          "blr \(size.letter == "b" ? "5e-4" : "1e-3") × 1024 / 256; scale it yourself when you change batch_size",
        "optimizer.layer_decay":
          "mended: augsub's README has option names that its own parser refuses; the values are those meant",
        "model.readout": "fc_norm of the mean of the patch tokens; the head starts at N(0, 2e-5²), its bias at 0",
        "augment.mixup": mixing,
        "data.eval_whole_from": "above 224 pixels the original takes the whole shorter side",
        "schedule.form": "by the update, from 0",
      ])
  }

  /// `beitv2-{b,l}`
  static let beit: [RecipeEntry<VisionRecipe>] = [
    Size(
      letter: "b", model: "beitv2_base_patch16_224", epochs: 100, warmup: 20, lr: 5e-4, layerDecay: 0.6, dropPath: 0.2,
      result: "85.5 → 85.6"),
    Size(
      letter: "l", model: "beitv2_large_patch16_224", epochs: 50, lr: 2e-4, layerDecay: 0.8, dropPath: 0.2,
      result: "87.3 → 87.4"),
  ].map { size in
    var recipe = finetuning("beitv2", size, .pooled, .table)
    recipe.data.eval = .ratio(0.875, wholeFrom: 384)
    recipe.augment.mixup = 0.8
    recipe.augment.cutmix = 1
    recipe.method.masking = .block
    return RecipeEntry(
      recipe, "finetunes BEiT v2's ViT-\(size.letter.uppercased()) (pt1k weights), \(size.epochs) epochs",
      for: .imageNet,
      command: "masksub finetune --from \(size.model)_pt1k.pth --data imagenet/train",
      expected: "ImageNet-1k top-1 \(size.result) with MaskSub (Table 3)",
      source: "microsoft/unilm beit2; MaskSub Table 3 and B.1; no code of MaskSub's run was released",
      notes: [
        "method.ratio": "masked tokens become the pretrained mask token; int(L(1 - ratio)) stay, exactly",
        "method.masking":
          "MaskSub names the \"block-masking strategy with mask-tokens\" and no more: the blocks are those of beit2's "
          + "pretraining (areas of 16 patches and more, aspect 0.3 to 1/0.3)",
        "optimizer.lr": "for the pt1k weights; the README's example commands show the ft21k variant",
        "optimizer.weight_decay":
          "relative biases decay, as in the original; the mask token does not (open in the paper)",
        "schedule.form":
          "kept: a table whose warmup ends at the peak one update early; min_lr is scaled by layer too",
        "model.readout": "fc_norm of the mean of the patch tokens; the head starts at N(0, 2e-5²), its bias at 0",
        "augment.mixup": mixing,
        "data.eval_whole_from": "from 384 pixels on the original takes the whole shorter side",
        "data.normalization": "ImageNet's, by a flag of the original's; its default would be 0.5",
      ])
  }

  /// `ft-clip-{b,l}`
  static let ftClip: [RecipeEntry<VisionRecipe>] = [
    Size(
      letter: "b", model: "vit_base_patch16_clip_quickgelu_224", epochs: 50, warmup: 10, lr: 6e-4, layerDecay: 0.6,
      result: "84.8 → 85.2"),
    Size(
      letter: "l", model: "vit_large_patch14_clip_quickgelu_224", epochs: 30, lr: 4e-4, layerDecay: 0.65,
      result: "87.5 → 87.8"),
  ].map { size in
    var recipe = finetuning("ft-clip", size, .normedPool, .table)
    recipe.model.freezesPatches = true
    recipe.loop.batchSize = 2048
    recipe.loop.emaDecay = 0.9998
    recipe.data.normalization = .clip
    let vit = "ViT-\(size.letter.uppercased())"
    let patch = size.letter == "b" ? 16 : 14
    return RecipeEntry(
      recipe, "finetunes CLIP's \(vit)/\(patch), \(size.epochs) epochs", for: .imageNet,
      command: "masksub finetune --from \(vit)-\(patch).pt --data imagenet/train",
      expected: "ImageNet-1k top-1 \(size.result) with MaskSub, the last epoch's average (Table 3)",
      source: "LightDXY/FT-CLIP; MaskSub Table 3 and B.1; no code of MaskSub's run was released",
      notes: [
        "loss.smoothing":
          "on integer labels; the sub-branch has soft cross-entropy without it (not published, the consistent reading)",
        "loop.ema_decay": "the average is what is reported; no warmup of its decay",
        "model.freezes_patches": "as FT-CLIP does at 224 pixels",
        "augment.mixup": "no mixup and no CutMix here",
        "model.readout": "fc_norm on every patch token, then the mean; OpenAI's ln_post and proj are not used. The "
          + "head starts at N(0, 2e-5²); its bias at 0, where the original's is uniform within ±4e-5",
        "schedule.form":
          "kept: a table whose warmup ends at the peak one update early; min_lr is scaled by layer too",
      ])
  }
}
