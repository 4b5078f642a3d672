import ClipSub
import SubCore
import SubNN
import SubTrain

extension ClipModality {
  func plan(_ command: PlanCommand, on device: Device) throws -> PlannedTraining? {
    guard ClipRecipe.book.contains(where: { $0.recipe.name == command.recipe }) else { return nil }
    let recipe = try ClipRecipe.named(command.recipe).with(command.changes)
    let known = recipe.data.samplesPerEpoch > 0 ? recipe.data.samplesPerEpoch : nil
    guard let samples = command.samples ?? known else {
      throw InputError(
        "nothing says how many pairs an epoch has", at: "--recipe \(recipe.name)", cure: "add --samples N",
        isUsage: true)
    }
    let isSmall = recipe.name == ClipRecipe.fromScratch.name
    let config = isSmall ? ClipRecipe.smallNetwork(vocabulary: 1024) : ClipConfig()
    let model = CLIP(config)
    let parameters = ParameterSet(model, precision: command.machine.precision, on: device, key: RandomKey(seed: 0))
    let (side, length) = (config.image.size, config.text.contextLength)
    return PlannedTraining(
      "\(isSmall ? "a small CLIP" : "ViT-B-32"), images of \(side) pixels, texts of \(length) tokens",
      ContrastiveTask(model), parameters, by: recipe, samples: samples
    ) { count in
      let text = Array(repeating: Int32(1), count: length - 1) + [Int32(config.text.vocabularySize - 1)]
      return ClipBatch(
        images: Tensor([count, 3, side, side], filledWith: 0.5, on: device), texts: Array(repeating: text, count: count)
      )
    }
  }
}
