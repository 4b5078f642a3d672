import SubCore
import SubData
import SubNN
import SubTrain
import VisionSub

extension VisionModality {
  func plan(_ request: PlanRequest, on device: Device) throws -> PlannedTraining? {
    guard let recipe = try VisionRecipe.asked(by: request), let data = VisionRecipe.data(of: request) else {
      return nil
    }
    guard request.tokens == nil else {
      throw InputError("\(recipe.name) reads no texts", at: "--tokens", cure: "leave it out", isUsage: true)
    }
    let config = try recipe.configuration(classes: request.classes ?? data.classes)
    let model = config.makeModel()
    let parameters = ParameterSet(model, precision: request.precision, on: device, key: RandomKey(seed: 0))
    let title =
      "\(recipe.model.name), images of \(config.imageSize) pixels, \(config.classes) classes"
      + request.title(of: data)
    let samples = try request.samples(of: data, "images")
    return PlannedTraining(
      title, ImageClassification(model, objective: recipe.objective), parameters, by: recipe, samples: samples,
      batches: recipe.sampler(of: samples).batchesPerEpoch, dropPath: recipe.model.dropPath,
      copies: recipe.augment.copies
    ) { count in
      let images = Tensor([count, 3, config.imageSize, config.imageSize], filledWith: 0.5, on: device)
      let targets = Tensor([count, config.classes], filledWith: 1 / Double(config.classes), on: device)
      return ImageClassification.Batch(images: images, target: .probabilities(targets))
    }
  }

  func basis(of request: PlanRequest) throws -> (basis: RatioBasis, selection: Masking.Selection)? {
    try VisionRecipe.asked(by: request).map { recipe in
      (RatioBasis(recipe.method, dropPath: recipe.model.dropPath), recipe.method.masking)
    }
  }
}
