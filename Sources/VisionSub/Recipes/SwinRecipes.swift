import SubNN
import SubTrain

/// Swin (Liu et al. 2021) from scratch as the MaskSub authors ran it (naver-ai/augsub, swin/; MaskSub Table 5), its
/// finetuning as the original's configurations have it, and a small one.
extension VisionRecipe {
  /// A size of Swin's and what the tables say of it.
  private struct Size {
    let letter, model: String
    let dropPath: Double
    /// Top-1 without and with MaskSub.
    let result: String
  }

  /// `swin-{t,s,b}`
  static let swin: [RecipeEntry<VisionRecipe>] = [
    Size(letter: "t", model: "swin_tiny_patch4_window7_224", dropPath: 0.2, result: "81.3 → 81.4"),
    Size(letter: "s", model: "swin_small_patch4_window7_224", dropPath: 0.3, result: "83.0 → 83.4"),
    Size(letter: "b", model: "swin_base_patch4_window7_224", dropPath: 0.5, result: "83.5 → 83.9"),
  ].map { size in
    var recipe = swinRun("swin-\(size.letter)", size.model)
    recipe.model.dropPath = size.dropPath
    recipe.optimizer.lr = 1e-3
    recipe.optimizer.weightDecay = 0.05
    recipe.schedule.epochs = 300
    recipe.schedule.warmup = .epochs(20)
    recipe.schedule.warmupLr = 1e-6
    recipe.schedule.minLr = 1e-5
    return RecipeEntry(
      recipe, "Swin-\(size.letter.uppercased()) from scratch, 300 epochs", for: .imageNet,
      command: "masksub train --recipe \(recipe.name) --data imagenet",
      expected: "ImageNet-1k top-1 \(size.result) with MaskSub (Table 5)",
      source: "naver-ai/augsub swin/, configs/swin; MaskSub Table 5 and B.1",
      notes: swinNotes.merging([
        "optimizer.lr": "5e-4 × 1024 / 512, as the two other rates; --scale-lr scales all three with batch_size",
        "schedule.form": "kept: one update late, the cosine counted from the start (WARMUP_PREFIX false)",
        "model.drop_path": "the configurations; Table B.1 prints 0.1 for all sizes",
      ]) { $1 })
  }

  /// `swin-b-{22kto1k,384}`
  static let swinFinetuning: [RecipeEntry<VisionRecipe>] = [
    Size(letter: "22kto1k", model: "swin_base_patch4_window7_224", dropPath: 0.2, result: ""),
    Size(letter: "384", model: "swin_base_patch4_window12_384", dropPath: 0.5, result: ""),
  ].map { size in
    var recipe = swinRun("swin-b-\(size.letter)", size.model)
    let isLarge = size.letter == "384"
    recipe.model.dropPath = size.dropPath
    recipe.optimizer.lr = 4e-5
    recipe.optimizer.weightDecay = 1e-8
    recipe.schedule.epochs = 30
    recipe.schedule.warmup = .epochs(5)
    recipe.schedule.warmupLr = 4e-8
    recipe.schedule.minLr = 4e-7
    if isLarge {
      (recipe.model.window, recipe.data.imageSize) = (12, 384)
      (recipe.data.eval, recipe.data.evalMode) = (.ratio(1), .squash)
    }
    var notes = [
      "optimizer.lr": "2e-5 × 1024 / 512, as the two other rates; --scale-lr scales all three with batch_size",
      "schedule.form": "as MaskSub's Swin; the original has since counted the cosine from the warmup's end",
      "model.name": "for train; finetune takes the model of --from, of whatever size",
    ]
    if isLarge {
      notes["model.window"] = "tables of windows of 7 are read bicubically at 12, as the original does"
      notes["data.eval_mode"] = "TEST.CROP is false in the original's configuration of 384 pixels"
      notes["model.drop_path"] =
        "from 1k weights; 0.2 for those of 22k (swin_base_patch4_window12_384_22kto1k_finetune)"
    } else {
      notes["optimizer.name"] =
        "a head of other classes starts at 0; with the original's list of rows (data/map22kto1k.txt) as --head-map it "
        + "takes those of the 22k head, as there"
    }
    return RecipeEntry(
      recipe,
      isLarge
        ? "finetunes a Swin of 224 pixels at 384, windows of 12, 30 epochs"
        : "finetunes a Swin of ImageNet-22k on ImageNet-1k, 30 epochs", for: .imageNet,
      command: "masksub finetune --recipe \(recipe.name) --data imagenet "
        + "--from swin_base_patch4_window7_224\(isLarge ? "" : "_22k").pth\(isLarge ? "" : " --head-map map22kto1k.txt")",
      expected: isLarge ? "top-1 84.5 without MaskSub (Swin, Table 1)" : "top-1 85.2 without MaskSub (Swin, Table 1)",
      source: "microsoft/Swin-Transformer configs/swin/"
        + (isLarge ? "swin_base_patch4_window12_384_finetune" : "swin_base_patch4_window7_224_22kto1k_finetune")
        + "; MaskSub finetunes no Swin",
      notes: swinNotes.merging(notes) { $1 })
  }

  /// What all of Swin's runs share.
  private static func swinRun(_ name: String, _ model: String) -> VisionRecipe {
    var recipe = VisionRecipe(name, model: VisionModelFields(model))
    recipe.optimizer.clipNorm = 5
    recipe.schedule.form = .updateLate
    recipe.loop.batchSize = 1024
    recipe.data.eval = .ratio(0.875)
    recipe.augment.policy = "rand-m9-mstd0.5-inc1"
    recipe.augment.erasing = 0.25
    recipe.augment.mixup = 0.8
    recipe.augment.cutmix = 1
    recipe.loss.smoothing = 0.1
    return recipe
  }

  private static let swinNotes = [
    "method.ratio":
      "the authors' Swin hides a half whatever it is told; here int(L(1 - ratio)) of the 32 × 32 cells stay: 24 of 49 at 0.5",
    "optimizer.weight_decay": "spares biases, norms, tables of relative positions and the mask token",
    "augment.color_jitter": "the original's 0.4 does not act beside RandAugment",
    "augment.mixup": mixing,
  ]

  /// `swin-shapes`: a small Swin on the embedded images.
  static let swinShapes: RecipeEntry<VisionRecipe> = {
    var recipe = shapesTiny.recipe
    (recipe.name, recipe.model.name) = ("swin-shapes", "swin_shapes_patch2_window4_32")
    recipe.optimizer.clipNorm = 5
    return RecipeEntry(
      recipe, "a small Swin on the embedded images of shapes", for: .shapes,
      command: "masksub train --recipe swin-shapes",
      expected: "well above chance on the held-out images (not yet trained to its end)",
      source: "this project",
      notes: [
        "model.name": "48, 96 and 192 features, 2 blocks each, windows of 4, patches of 2 pixels",
        "method.ratio": "cells of 8 × 8 pixels",
      ])
  }()
}
