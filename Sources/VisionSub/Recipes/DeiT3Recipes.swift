import SubNN

/// DeiT-III (Touvron et al. 2022) from scratch and its 20 epochs of finetuning at 224 pixels, as the MaskSub authors
/// ran them (naver-ai/augsub, deit/; MaskSub Table 1 and B.1, B.2).
extension VisionRecipe {
  private static let source = "MaskSub (CVPR 2025) Table 1 and B.1; naver-ai/augsub deit/README.md"

  /// `deit3-{s,b,l,h}-{400,800}`
  static let deit3: [VisionRecipeEntry] = [
    ("s", "small", 16, 224, 4e-3, [0, 0.05], ["80.4 → 81.1", "81.4 → 81.7"]),
    ("b", "base", 16, 192, 3e-3, [0.1, 0.2], ["83.5 → 84.1", "83.8 → 84.2"]),
    ("l", "large", 16, 192, 3e-3, [0.4, 0.45], ["84.5 → 85.2", "84.9 → 85.3"]),
    ("h", "huge", 14, 160, 3e-3, [0.5, 0.6], ["85.1 → 85.7", "85.2 → 85.7"]),
  ].flatMap { letter, size, patch, pixels, lr, dropPaths, results in
    zip([400, 800], zip(dropPaths, results)).map { epochs, rest in
      var recipe = VisionRecipe.deit3Training("deit3-\(letter)-\(epochs)", "deit3_\(size)_patch\(patch)_224")
      recipe.imageSize = pixels
      recipe.evalResize = pixels
      recipe.epochs = epochs
      recipe.lr = lr
      recipe.weightDecay = epochs == 400 ? 0.03 : 0.05
      recipe.dropPath = rest.0
      let after = letter == "s" ? "" : ", after deit3-\(letter)-finetune"
      return VisionRecipeEntry(
        recipe, "DeiT-III ViT-\(letter.uppercased()) from scratch, \(epochs) epochs",
        command: "masksub train --recipe \(recipe.name) --data imagenet/train",
        expected: "ImageNet-1k top-1 \(rest.1) with MaskSub\(after) (Table 1)", source: source, notes: training)
    }
  }

  /// What DeiT-III's training runs share: LAMB, ThreeAugment, binary cross-entropy, repeated augmentation.
  static func deit3Training(_ name: String, _ model: String) -> VisionRecipe {
    var recipe = VisionRecipe(
      name, model: model, readout: .token, epochs: 400, batchSize: 2048, lr: 3e-3, minLr: 1e-5, schedule: .epochLate,
      weightDecay: 0.03, augment: "three-augment")
    recipe.warmupLr = 1e-6
    recipe.optimizer = .lamb
    recipe.loss = .binaryCrossEntropy
    recipe.binarizesTargets = true
    (recipe.mixup, recipe.cutmix, recipe.colorJitter, recipe.repeats) = (0.8, 1.0, 0.3, 3)
    return recipe
  }

  /// What the page says of mixup and CutMix.
  static let mixing = "one draw for a whole batch; the original draws for each GPU's part of it"

  /// What the page says of the crop.
  private static let noSimpleCrop =
    "no --src in these runs: the simple crop (crop=simple) is DeiT-III's for ImageNet-21k alone"

  static let training = [
    "batch_size": "8 × 256 images (L and H 64 × 32); the rate is for this size and is not scaled with it",
    "schedule": "kept: the rate lags an epoch behind, so the first two run at 1e-6 and the last below the planned end",
    "optimizer": "FusedLAMB; its division by the global norm above 1 is Table B.1's clip 1.0",
    "binarizes_targets": "both classes of a mixed image count as wholly there",
    "repeats":
      "a third of the images an epoch, each three times; the original does so in distributed runs only, here always",
    "smoothing": "must stay 0: with it every class would count as there",
    "ratio": "Table A.7: 0.4 to 0.6 are alike",
    "model": "LayerScale starts at 1e-4, as in the authors' code (timm's own default is 1e-6)",
    "mixup": mixing,
    "crop": noSimpleCrop,
    "ema_decay": "DeiT keeps an average too, and never evaluates it; left out",
  ]

  /// `deit3-{b,l,h}-finetune`
  static let deit3Finetuning: [VisionRecipeEntry] = [
    ("b", "base", 16, 0.2, "84.1 (400 epochs), 84.2 (800)"), ("l", "large", 16, 0.45, "85.2 (400), 85.3 (800)"),
    ("h", "huge", 14, 0.55, "85.7 (400), 85.7 (800)"),
  ].map { letter, size, patch, dropPath, result in
    var recipe = VisionRecipe(
      "deit3-\(letter)-finetune", model: "deit3_\(size)_patch\(patch)_224", readout: .token, epochs: 20, batchSize: 512,
      lr: 1e-5, minLr: 1e-5, schedule: .epochLate, weightDecay: 0.1, augment: "rand-m9-mstd0.5-inc1")
    (recipe.warmupLr, recipe.dropPath, recipe.smoothing, recipe.mixup, recipe.cutmix) = (1e-6, dropPath, 0.1, 0.8, 1.0)
    return VisionRecipeEntry(
      recipe, "DeiT-III ViT-\(letter.uppercased()), 20 epochs at 224 pixels after deit3-\(letter)-400 or -800",
      command: "masksub finetune --recipe \(recipe.name) --from runs/deit3-\(letter)-400 --data imagenet/train",
      expected: "ImageNet-1k top-1 \(result) with MaskSub (Table 1)", source: source,
      notes: [
        "lr": "kept: equal to min_lr, so the rate is constant behind the warmup",
        "weight_decay": "README; Tables B.1 and B.2 do not name it", "loss": "README: no BCE, no ThreeAugment here",
        "schedule": "kept: one epoch late", "mixup": mixing, "crop": noSimpleCrop,
      ])
  }
}
