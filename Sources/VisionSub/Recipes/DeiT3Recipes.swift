import SubNN
import SubTrain

/// DeiT-III (Touvron et al. 2022) from scratch and its 20 epochs of finetuning at 224 pixels, as the MaskSub authors
/// ran them (naver-ai/augsub, deit/; MaskSub Table 1 and B.1, B.2).
extension VisionRecipe {
  private static let source = "MaskSub (CVPR 2025) Table 1 and B.1; naver-ai/augsub deit/README.md"

  /// A size of DeiT-III's and what the tables say of it.
  private struct Size {
    let letter, model: String
    var trainedPixels = 192
    var lr = 3e-3
    /// Stochastic depth of 400 and 800 epochs, and of the finetuning.
    let dropPaths: [Double]
    var tunedDropPath = 0.0
    /// Top-1 without and with MaskSub after 400 and 800 epochs.
    let results: [String]
    var tunedResult = ""
  }

  private static let sizes = [
    Size(
      letter: "s", model: "deit3_small_patch16_224", trainedPixels: 224, lr: 4e-3, dropPaths: [0, 0.05],
      results: ["80.4 → 81.1", "81.4 → 81.7"]),
    Size(
      letter: "b", model: "deit3_base_patch16_224", dropPaths: [0.1, 0.2], tunedDropPath: 0.2,
      results: ["83.5 → 84.1", "83.8 → 84.2"], tunedResult: "84.1 (400 epochs), 84.2 (800)"),
    Size(
      letter: "l", model: "deit3_large_patch16_224", dropPaths: [0.4, 0.45], tunedDropPath: 0.45,
      results: ["84.5 → 85.2", "84.9 → 85.3"], tunedResult: "85.2 (400), 85.3 (800)"),
    Size(
      letter: "h", model: "deit3_huge_patch14_224", trainedPixels: 160, dropPaths: [0.5, 0.6], tunedDropPath: 0.55,
      results: ["85.1 → 85.7", "85.2 → 85.7"], tunedResult: "85.7 (400), 85.7 (800)"),
  ]

  /// `deit3-{s,b,l,h}-{400,800}`
  static let deit3: [RecipeEntry<VisionRecipe>] = sizes.flatMap { size in
    [400, 800].enumerated().map { index, epochs in
      var recipe = deit3Training("deit3-\(size.letter)-\(epochs)", size.model)
      recipe.data.imageSize = size.trainedPixels
      recipe.schedule.epochs = epochs
      recipe.optimizer.lr = size.lr
      recipe.optimizer.weightDecay = epochs == 400 ? 0.03 : 0.05
      recipe.model.dropPath = size.dropPaths[index]
      let after = size.letter == "s" ? "" : ", after deit3-\(size.letter)-finetune"
      return RecipeEntry(
        recipe, "DeiT-III ViT-\(size.letter.uppercased()) from scratch, \(epochs) epochs", for: .imageNet,
        command: "masksub train --recipe \(recipe.name) --data imagenet/train",
        expected: "ImageNet-1k top-1 \(size.results[index]) with MaskSub\(after) (Table 1)", source: source,
        notes: training)
    }
  }

  /// What DeiT-III's training runs share: LAMB, ThreeAugment, binary cross-entropy, repeated augmentation.
  static func deit3Training(_ name: String, _ model: String) -> VisionRecipe {
    var recipe = deit3Run(name, model)
    recipe.optimizer.name = .lamb
    recipe.optimizer.lr = 3e-3
    recipe.optimizer.weightDecay = 0.03
    recipe.schedule.epochs = 400
    recipe.loop.batchSize = 2048
    recipe.augment.policy = "three-augment"
    recipe.augment.colorJitter = 0.3
    recipe.augment.repeats = 3
    recipe.loss.name = .binaryCrossEntropy
    recipe.loss.binarizesTargets = true
    return recipe
  }

  /// What all of DeiT-III's runs share: the schedule, mixup and CutMix.
  private static func deit3Run(_ name: String, _ model: String) -> VisionRecipe {
    var recipe = VisionRecipe(name, model: VisionModelFields(model))
    recipe.schedule.form = .epochLate
    recipe.schedule.warmup = .epochs(5)
    recipe.schedule.warmupLr = 1e-6
    recipe.schedule.minLr = 1e-5
    recipe.augment.mixup = 0.8
    recipe.augment.cutmix = 1
    return recipe
  }

  /// What the page says of mixup and CutMix.
  static let mixing =
    "one draw for a whole batch, in however many parts it passes; the original draws for each GPU's part of it, as "
    + "mix_parts=8 does"

  /// What the page says of the crop.
  private static let noSimpleCrop =
    "no --src in these runs: the simple crop (crop=simple) is DeiT-III's for ImageNet-21k alone"

  static let training = [
    "loop.batch_size": "8 × 256 images (L and H 64 × 32); the rate is for this size and is not scaled with it",
    "schedule.form":
      "kept: the rate lags an epoch behind, so the first two run at 1e-6 and the last below the planned end",
    "optimizer.name": "FusedLAMB; its division by the global norm above 1 is Table B.1's clip 1.0",
    "loss.binarizes_targets": "both classes of a mixed image count as wholly there",
    "augment.repeats":
      "a third of the images an epoch, each three times; the original does so in distributed runs only, here always",
    "loss.smoothing": "must stay 0: with it every class would count as there",
    "method.ratio": "Table A.7: 0.4 to 0.6 are alike",
    "model.name": "LayerScale starts at 1e-4, as in the authors' code (timm's own default is 1e-6)",
    "augment.mixup": mixing,
    "augment.crop": noSimpleCrop,
    "loop.ema_decay": "DeiT keeps an average too, and never evaluates it; left out",
  ]

  /// `deit3-{b,l,h}-finetune`
  static let deit3Finetuning: [RecipeEntry<VisionRecipe>] = sizes.filter { $0.letter != "s" }.map { size in
    var recipe = deit3Run("deit3-\(size.letter)-finetune", size.model)
    recipe.optimizer.lr = 1e-5
    recipe.optimizer.weightDecay = 0.1
    recipe.schedule.epochs = 20
    recipe.loop.batchSize = 512
    recipe.model.dropPath = size.tunedDropPath
    recipe.augment.policy = "rand-m9-mstd0.5-inc1"
    recipe.loss.smoothing = 0.1
    return RecipeEntry(
      recipe,
      "DeiT-III ViT-\(size.letter.uppercased()), 20 epochs at 224 pixels after deit3-\(size.letter)-400 or -800",
      for: .imageNet,
      command: "masksub finetune --recipe \(recipe.name) --from runs/deit3-\(size.letter)-400 --data imagenet/train",
      expected: "ImageNet-1k top-1 \(size.tunedResult) with MaskSub (Table 1)", source: source,
      notes: [
        "optimizer.lr": "kept: equal to min_lr, so the rate is constant behind the warmup",
        "optimizer.weight_decay": "README; Tables B.1 and B.2 do not name it",
        "loss.name": "README: no BCE, no ThreeAugment here",
        "schedule.form": "kept: one epoch late", "augment.mixup": mixing, "augment.crop": noSimpleCrop,
      ])
  }
}
