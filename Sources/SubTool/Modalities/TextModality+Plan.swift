import SubCore
import SubData
import SubNN
import SubTrain
import TextSub

extension TextModality {
  func plan(_ request: PlanRequest, on device: Device) throws -> PlannedTraining? {
    guard let recipe = try GLUERecipe.asked(by: request), let data = GLUERecipe.data(of: request) else { return nil }
    let isSmall = recipe.name == GLUERecipe.fromScratch.name
    let config =
      try request.from.map { try TextFolder($0).config }
      ?? (isSmall ? recipe.network(vocabulary: 1024) : BERTConfig())
    let model = BERTForSequenceClassification(config, labels: request.classes ?? data.classes)
    let parameters = ParameterSet(model, precision: request.precision, on: device, key: RandomKey(seed: 0))
    let length = min(request.tokens ?? recipe.data.maxLength, config.positions)
    let title =
      "\(request.from ?? (isSmall ? "a small BERT" : "BERT-base")), sequences of \(length) tokens"
      + request.title(of: data)
    let samples = try request.samples(of: data, "texts")
    return PlannedTraining(
      title, SequenceClassification(model), parameters, by: recipe, samples: samples,
      batches: ShuffledBatches<TextBatch>.batchesPerEpoch(of: samples, by: recipe.loop.batchSize)
    ) { count in
      let sequence = TextBatch.Sequence(
        ids: Array(repeating: Int32(min(1000, config.vocabularySize - 1)), count: length),
        typeIDs: Array(repeating: 0, count: length),
        isEligible: Array(repeating: true, count: length))
      let labels = Tensor(indices: Array(repeating: 0, count: count), on: device)
      return TextBatch(
        Array(repeating: sequence, count: count), target: .labels(labels, smoothing: 0), maskID: sequence.ids[0],
        on: device)
    }
  }

  func basis(of request: PlanRequest) throws -> (basis: RatioBasis, selection: Masking.Selection)? {
    try GLUERecipe.asked(by: request).map { (RatioBasis($0.method), $0.method.masking) }
  }
}
