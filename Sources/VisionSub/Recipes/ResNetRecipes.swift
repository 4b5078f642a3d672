import SubData
import SubNN
import SubTrain

/// ResNets by the A2 procedure of ResNet strikes back (Wightman et al. 2021) as the MaskSub authors ran it
/// (naver-ai/augsub, resnet_rsb/; MaskSub Table 5), and a small one.
extension VisionRecipe {
  /// `rsb-a2-resnet{50,101,152}`
  static let rsb: [RecipeEntry<VisionRecipe>] = [
    (50, "79.7 → 80.0"), (101, "81.4 → 82.1"), (152, "81.8 → 82.8"),
  ].map { depth, result in
    var recipe = VisionRecipe("rsb-a2-resnet\(depth)", model: VisionModelFields("resnet\(depth)"))
    recipe.model.dropPath = 0.05
    recipe.optimizer.name = .lamb
    recipe.optimizer.lr = 5e-3
    recipe.optimizer.epsilon = 1e-6
    recipe.optimizer.weightDecay = 0.02
    recipe.schedule.form = .epoch
    recipe.schedule.epochs = 300
    recipe.schedule.warmup = .epochs(5)
    recipe.schedule.warmupLr = 1e-4
    recipe.schedule.minLr = 1e-6
    recipe.loop.batchSize = 2048
    recipe.data.eval = .ratio(0.95)
    recipe.data.interpolation = .random
    recipe.augment.policy = "rand-m7-mstd0.5"
    recipe.augment.mixup = 0.1
    recipe.augment.cutmix = 1
    recipe.augment.mixBytes = true
    recipe.augment.repeats = 3
    recipe.loss.name = .binaryCrossEntropy
    return RecipeEntry(
      recipe, "ResNet-\(depth) from scratch by RSB's A2, 300 epochs", for: .imageNet,
      command: "masksub train --recipe \(recipe.name) --data imagenet",
      expected: "ImageNet-1k top-1 \(result) with MaskSub (Table 5)",
      source: "naver-ai/augsub resnet_rsb/README.md; timm 0.5.4; MaskSub Table 5 and B.1",
      notes: [
        "method.ratio":
          "mended: the authors' code hides the share that it should keep (24 of 49 cells at 0.5, 36 at 0.25); here "
          + "int(L(1 - ratio)) of the 32 × 32 cells stay, 24 of 49 at 0.5",
        "method.sub_statistics":
          "kept: both passes move them, so half of what evaluation goes by is from images with hidden cells",
        "optimizer.weight_decay": "README; Table B.1 prints 0.01. Biases and norms do not decay",
        "optimizer.epsilon": "timm's own for LAMB",
        "loss.name": "mixed labels as they are: no threshold (0.2 in other replications of A2), no smoothing",
        "augment.policy": "README, without the inc1 of other replications of A2",
        "data.interpolation": "timm's default in training, within RandAugment too",
        "data.eval_resize": "224 / 0.95",
        "loop.batch_size": "8 × 256 images; batch-norm saw 256 at a time there, here a part (loop.accumulation)",
        "augment.repeats": "a third of the images an epoch, each three times", "augment.mixup": mixing,
      ])
  }

  /// `resnet-shapes`: a small ResNet on the embedded images.
  static let resnetShapes: RecipeEntry<VisionRecipe> = {
    var recipe = shapesTiny.recipe
    (recipe.name, recipe.model.name) = ("resnet-shapes", "resnet_shapes_32")
    recipe.optimizer.name = .sgd
    recipe.optimizer.lr = 0.05
    recipe.optimizer.nesterov = true
    recipe.optimizer.weightDecay = 5e-4
    return RecipeEntry(
      recipe, "a small ResNet on the embedded images of shapes", for: .shapes,
      command: "masksub train --recipe resnet-shapes", expected: "over 80% top-1 on the held-out images",
      source: "this project",
      notes: [
        "model.name": "32, 64, 128 and 256 channels, 2 basic blocks each", "method.ratio": "cells of 8 × 8 pixels",
      ])
  }()
}
