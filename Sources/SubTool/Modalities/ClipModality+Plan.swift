import ClipSub
import SubCore
import SubNN
import SubTrain

extension ClipModality {
  func plan(_ request: PlanRequest, on device: Device) throws -> PlannedTraining? {
    guard let recipe = try ClipRecipe.asked(by: request) else { return nil }
    let own = recipe.data.samplesPerEpoch
    let data = own > 0 ? nil : ClipRecipe.data(of: request)
    let samples = try own > 0 && request.samples == nil ? own : request.samples(of: data, "pairs")
    let isSmall = recipe.name == ClipRecipe.fromScratch.name
    let config =
      try request.model.map(ClipModelChoice.configuration)
      ?? (isSmall ? ClipRecipe.smallNetwork(vocabulary: 1024) : ClipConfig())
    let model = CLIP(config)
    let parameters = ParameterSet(model, precision: request.precision, on: device, key: RandomKey(seed: 0))
    let (side, length) = (config.image.size, min(request.tokens ?? .max, config.text.contextLength))
    return PlannedTraining(
      "\(request.model ?? (isSmall ? "a small CLIP" : "ViT-B-32")), images of \(side) pixels, texts of \(length) tokens"
        + request.title(of: data),
      ContrastiveTask(model), parameters, by: recipe, samples: samples,
      batches: CaptionSource.batchesPerEpoch(of: samples, by: recipe.loop.batchSize, .shards)
    ) { count in
      let text = Array(repeating: Int32(1), count: length - 1) + [Int32(config.text.vocabularySize - 1)]
      return ClipBatch(
        images: Tensor([count, 3, side, side], filledWith: 0.5, on: device), texts: Array(repeating: text, count: count)
      )
    }
  }

  func basis(of request: PlanRequest) throws -> (basis: RatioBasis, selection: Masking.Selection)? {
    try ClipRecipe.asked(by: request).map { (RatioBasis($0.method), $0.method.masking) }
  }
}
