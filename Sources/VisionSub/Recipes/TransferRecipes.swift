import SubNN
import SubTrain

/// Transfer of DeiT-III models trained for 800 epochs to smaller sets (MaskSub Table 7, A.9), the runs of the paper's
/// analysis, and the embedded default.
extension VisionRecipe {
  /// A set that is transferred to.
  private struct Target {
    let key: String
    let data: TrainingSet
    /// Top-1 of ViT-S and ViT-B.
    let result: String
    /// iNaturalist's numbers instead of the small sets'.
    var isINat = false
  }

  /// `transfer-{cifar10,cifar100,flowers,cars,inat18,inat19}`
  static let transfer: [RecipeEntry<VisionRecipe>] = [
    Target(key: "cifar10", data: .cifar10, result: "98.8 / 98.8"),
    Target(key: "cifar100", data: .cifar100, result: "89.9 / 89.6"),
    Target(key: "flowers", data: .flowers, result: "98.3 / 98.7"),
    Target(key: "cars", data: .cars, result: "92.2 / 92.8"),
    Target(key: "inat18", data: .iNat18, result: "71.2 / 73.9", isINat: true),
    Target(key: "inat19", data: .iNat19, result: "77.1 / 79.1", isINat: true),
  ].map { target in
    var recipe = deit3Training("transfer-\(target.key)", "deit3_small_patch16_224")
    recipe.optimizer.name = .adamw
    recipe.optimizer.lr = target.isINat ? 7.5e-5 : 1e-5
    recipe.optimizer.weightDecay = 0.05
    recipe.schedule.epochs = target.isINat ? 360 : 1000
    recipe.schedule.minLr = 1e-6
    recipe.loop.batchSize = 768
    recipe.model.dropPath = target.isINat ? 0.1 : 0
    recipe.augment.erasing = target.isINat ? 0.1 : 0
    recipe.augment.repeats = 1
    return RecipeEntry(
      recipe, "transfers a DeiT-III of 800 epochs to \(target.data.name)", for: target.data,
      command: "masksub finetune --recipe transfer-\(target.key) --from runs/deit3-s-800 --data \(target.key)",
      expected: "top-1 \(target.result) for ViT-S / ViT-B, MaskSub in pretraining and transfer (Table A.9)",
      source: "MaskSub appendix B: optimizer, rate, decay, batch, epochs, drop-path, erasing; no code was released",
      notes: [
        "augment.policy": "the paper says \"same as DeiT-III\"; whether ThreeAugment or RandAugment is meant is open",
        "loss.name": "not stated; DeiT-III's own",
        "schedule.min_lr": "mended: DeiT's default of 1e-5 would make the cosine of a rate of 1e-5 a constant",
        "augment.repeats": "one GPU, and the original's repeated augmentation acts in distributed runs only",
        "data.image_size": "CIFAR's 32 pixels are resized", "augment.mixup": mixing,
        "schedule.warmup_epochs": "not stated; DeiT's own", "schedule.form": "kept: DeiT's, one epoch late",
        "augment.erasing": target.isINat
          ? "as the paper says; DeiT's code leaves it out where there is ThreeAugment, here it acts" : "off",
        "model.name": "for train; finetune takes the model of --from, ViT-S or ViT-B in the paper",
      ])
  }

  /// `analysis-vit-b-100`
  static let analysis: RecipeEntry<VisionRecipe> = {
    var recipe = deit3Training("analysis-vit-b-100", "deit3_base_patch16_224")
    recipe.schedule.epochs = 100
    recipe.model.dropPath = 0.1
    return RecipeEntry(
      recipe, "ViT-B for 100 epochs at 224 pixels: the paper's analysis of losses, ratios and weights", for: .imageNet,
      command: "masksub train --recipe analysis-vit-b-100 --data imagenet --method masksub",
      expected: "top-1 77.4 baseline, 73.8 masking 50%, 79.4 MaskSub 50% (Table A.5)",
      source: "MaskSub Figure 2, Tables A.5, A.7, A.8",
      notes: training.merging([
        "optimizer.lr": "not stated; that of 400 epochs", "optimizer.weight_decay": "not stated; that of 400 epochs",
        "model.drop_path": "inferred: Table A.5's drop-path 0.1 row equals its baseline",
      ]) { $1 })
  }()

  /// `shapes-tiny`: the embedded default. A small ViT on 32-pixel images of shapes, about a minute on two cores.
  static let shapesTiny: RecipeEntry<VisionRecipe> = {
    var recipe = VisionRecipe("shapes-tiny", model: VisionModelFields("vit_shapes_patch4_32"))
    recipe.optimizer.lr = 1e-3
    recipe.optimizer.weightDecay = 0.05
    recipe.schedule.form = .fraction
    recipe.schedule.epochs = 40
    recipe.schedule.warmup = .epochs(3)
    recipe.schedule.minLr = 1e-5
    recipe.loop.batchSize = 64
    recipe.data.imageSize = 32
    recipe.augment.cropScale = 0.6
    recipe.loss.smoothing = 0.1
    return RecipeEntry(
      recipe, "a small ViT on the embedded images of shapes, about a minute on two cores", for: .shapes,
      command: "masksub train", expected: "over 90% top-1 on the held-out images", source: "this project",
      notes: ["model.name": "96 features, 4 blocks, 3 heads, patches of 4 pixels"])
  }()
}
