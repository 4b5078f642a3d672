import SubTrain
import VisionSub

extension VisionModality {
  /// Evaluates a classifier on the sets of a suite.
  func evaluate(_ command: EvalCommand, suite given: String, in context: ToolContext) throws {
    let suite = try SuiteRun(given, below: command.$data.isGiven ? command.data : nil, in: context)
    let settings = RunSettings(
      device: try command.machine.select(), precision: command.machine.precision, workers: command.images.workers)
    let network = try VisionInference(
      VisionFolder(command.from, command.hints), preparing: command.preparation.told(), settings)
    let classes = network.configuration.classes
    let evaluation = try SuiteEvaluation(suite.suite, below: suite.root) { pictures in
      try SuiteEvaluation.rows(of: pictures, names: network.labelNames, count: classes, at: command.from)
    }
    let unnamed =
      network.labelNames == nil
      ? ["the model's \(classes) classes are taken to be \(suite.suite.name)'s in their order: nothing names them"] : []
    for line in [network.title] + network.details + unnamed { context.console.note(line) }
    let logits = network.logits(batchSize: command.batch, maxBroken: command.images.maxBroken)
    try suite.print(evaluation, in: context) { _ in logits }
  }
}
