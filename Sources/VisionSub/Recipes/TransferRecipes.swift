import SubNN

/// Transfer of DeiT-III models trained for 800 epochs to smaller sets (MaskSub Table 7, A.9), the runs of the paper's
/// analysis, and the embedded default.
extension VisionRecipe {
  /// `transfer-{cifar10,cifar100,flowers,cars,inat18,inat19}`
  static let transfer: [VisionRecipeEntry] = [
    ("cifar10", "CIFAR-10", "98.8 / 98.8"), ("cifar100", "CIFAR-100", "89.9 / 89.6"),
    ("flowers", "Flowers", "98.3 / 98.7"),
    ("cars", "Cars", "92.2 / 92.8"), ("inat18", "iNaturalist 2018", "71.2 / 73.9"),
    ("inat19", "iNaturalist 2019", "77.1 / 79.1"),
  ].map { key, set, result in
    let isINat = key.hasPrefix("inat")
    var recipe = deit3Training("transfer-\(key)", "deit3_small_patch16_224")
    (recipe.epochs, recipe.batchSize, recipe.optimizer) = (isINat ? 360 : 1000, 768, .adamw)
    (recipe.lr, recipe.weightDecay, recipe.repeats) = (isINat ? 7.5e-5 : 1e-5, 0.05, 1)
    recipe.minLr = 1e-6
    (recipe.dropPath, recipe.erasing) = isINat ? (0.1, 0.1) : (0, 0)
    return VisionRecipeEntry(
      recipe, "transfers a DeiT-III of 800 epochs to \(set)",
      command: "masksub finetune --recipe transfer-\(key) --from runs/deit3-s-800 --data \(key)",
      expected: "top-1 \(result) for ViT-S / ViT-B, MaskSub in pretraining and transfer (Table A.9)",
      source: "MaskSub appendix B: optimizer, rate, decay, batch, epochs, drop-path, erasing; no code was released",
      notes: [
        "augment": "the paper says \"same as DeiT-III\"; whether ThreeAugment or RandAugment is meant is open",
        "loss": "not stated; DeiT-III's own",
        "min_lr": "mended: DeiT's default of 1e-5 would make the cosine of a rate of 1e-5 a constant",
        "repeats": "one GPU, and the original's repeated augmentation acts in distributed runs only",
        "image_size": "CIFAR's 32 pixels are resized", "mixup": mixing,
        "warmup_epochs": "not stated; DeiT's own", "schedule": "kept: DeiT's, one epoch late",
        "erasing": isINat
          ? "as the paper says; DeiT's code leaves it out where there is ThreeAugment, here it acts" : "off",
        "model": "for train; finetune takes the model of --from, ViT-S or ViT-B in the paper",
      ])
  }

  /// `analysis-vit-b-100`
  static let analysis: VisionRecipeEntry = {
    var recipe = deit3Training("analysis-vit-b-100", "deit3_base_patch16_224")
    (recipe.epochs, recipe.dropPath) = (100, 0.1)
    return VisionRecipeEntry(
      recipe, "ViT-B for 100 epochs at 224 pixels: the paper's analysis of losses, ratios and weights",
      command: "masksub train --recipe analysis-vit-b-100 --data imagenet --method masksub",
      expected: "top-1 77.4 baseline, 73.8 masking 50%, 79.4 MaskSub 50% (Table A.5)",
      source: "MaskSub Figure 2, Tables A.5, A.7, A.8",
      notes: training.merging([
        "lr": "not stated; that of 400 epochs", "weight_decay": "not stated; that of 400 epochs",
        "drop_path": "inferred: Table A.5's drop-path 0.1 row equals its baseline",
      ]) { $1 })
  }()

  /// `shapes-tiny`: the embedded default. A small ViT on 32-pixel images of shapes, about a minute on two cores.
  static let shapesTiny: VisionRecipeEntry = {
    var recipe = VisionRecipe(
      "shapes-tiny", model: "vit_shapes_patch4_32", readout: .token, epochs: 40, batchSize: 64, lr: 1e-3, minLr: 1e-5,
      schedule: .fraction, weightDecay: 0.05, augment: "none")
    (recipe.imageSize, recipe.evalResize, recipe.warmupEpochs, recipe.cropScale) = (32, 32, 3, 0.6)
    recipe.smoothing = 0.1
    return VisionRecipeEntry(
      recipe, "a small ViT on the embedded images of shapes, about a minute on two cores",
      command: "masksub train", expected: "over 90% top-1 on the held-out images", source: "this project",
      notes: ["model": "96 features, 4 blocks, 3 heads, patches of 4 pixels"])
  }()
}
