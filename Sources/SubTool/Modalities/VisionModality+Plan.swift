import SubCore
import SubNN
import SubTrain
import VisionSub

extension VisionModality {
  func plan(_ command: PlanCommand, on device: Device) throws -> PlannedTraining? {
    guard VisionRecipe.book.contains(where: { $0.recipe.name == command.recipe }) else { return nil }
    let recipe = try VisionRecipe.named(command.recipe).with(command.changes)
    let config = try recipe.configuration(classes: command.classes ?? 1000)
    let model = config.makeModel()
    let parameters = ParameterSet(model, precision: command.machine.precision, on: device, key: RandomKey(seed: 0))
    let title = "\(recipe.model.name), images of \(config.imageSize) pixels, \(config.classes) classes"
    return PlannedTraining(
      title, ImageClassification(model, objective: recipe.objective), parameters, by: recipe,
      samples: command.samples ?? 1_281_167, dropPath: recipe.model.dropPath
    ) { count in
      let images = Tensor([count, 3, config.imageSize, config.imageSize], filledWith: 0.5, on: device)
      let targets = Tensor([count, config.classes], filledWith: 1 / Double(config.classes), on: device)
      return ImageClassification.Batch(images: images, target: .probabilities(targets))
    }
  }
}
