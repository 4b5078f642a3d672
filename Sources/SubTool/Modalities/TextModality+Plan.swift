import SubCore
import SubNN
import SubTrain
import TextSub

extension TextModality {
  func plan(_ command: PlanCommand, on device: Device) throws -> PlannedTraining? {
    guard GLUERecipe.book.contains(where: { $0.recipe.name == command.recipe }) else { return nil }
    let recipe = try GLUERecipe.named(command.recipe).with(command.changes)
    let isSmall = recipe.name == GLUERecipe.fromScratch.name
    let config = isSmall ? try recipe.network(vocabulary: 1024) : BERTConfig()
    let model = BERTForSequenceClassification(config, labels: command.classes ?? 2)
    let parameters = ParameterSet(model, precision: command.machine.precision, on: device, key: RandomKey(seed: 0))
    let length = min(recipe.data.maxLength, config.positions)
    let title =
      "\(isSmall ? "a small BERT" : "BERT-base"), sequences of \(length) tokens"
      + (command.samples == nil ? ", CoLA" : "")
    return PlannedTraining(
      title, SequenceClassification(model), parameters, by: recipe, samples: command.samples ?? 8551
    ) { count in
      let sequence = TextBatch.Sequence(
        ids: Array(repeating: 1000, count: length), typeIDs: Array(repeating: 0, count: length),
        isEligible: Array(repeating: true, count: length))
      let labels = Tensor(indices: Array(repeating: 0, count: count), on: device)
      return TextBatch(
        Array(repeating: sequence, count: count), target: .labels(labels, smoothing: 0), maskID: 103, on: device)
    }
  }
}
