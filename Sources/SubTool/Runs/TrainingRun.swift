import SubCore
import SubData
import SubNN
import SubTrain

/// What every training command does around the loop: before it the run's folder with its configuration, after it the
/// summary and the metrics.
struct TrainingRun {
  /// Where everything is written.
  let folder: RunFolder
  private let command: String
  private let task: String
  private let method: any Method
  private let seed: Int
  private let options: RunOptions
  private let context: ToolContext

  /// Makes the folder and writes `config.json`, or opens the one that `--resume` means. `configuration` is what the
  /// command adds to the method, the seed and the recipe.
  init(
    _ command: String, task: String, method: some Method, _ recipe: some Recipe, seed: Int, _ options: RunOptions,
    _ configuration: JSON.Object, in context: ToolContext
  ) throws {
    (self.command, self.task, self.method, self.seed) = (command, task, method, seed)
    (self.options, self.context) = (options, context)
    folder = try RunFolder.open(output: options.output, resume: options.resume, command: command)
    var object: JSON.Object = ["method": .string(type(of: method).name)]
    for (name, value) in method.numbers { object[name] = .number(value) }
    object["seed"] = .integer(Int64(seed))
    for member in configuration.members { object[member.key] = member.value }
    if options.resume {
      try folder.check(resumedWith: object, recipe)
    } else {
      object["recipe"] = recipe.json
      try folder.writeConfiguration(command: command, arguments: context.arguments, object)
    }
  }

  /// The loop of a recipe, with the options of the command line.
  func loop(_ recipe: some Recipe, stepsPerEpoch: Int, bestMetric: String) -> LoopSettings {
    var loop = LoopSettings(recipe, stepsPerEpoch: stepsPerEpoch, seed: seed)
    loop.keep = options.keep
    loop.analyze = options.analyze
    loop.bestMetric = bestMetric
    return loop
  }

  /// Announces the run, trains, lets `afterwards` use the trained model, writes `summary.json`, prints the metrics.
  func train(
    _ subject: some Trainable, optimizer: any Optimizer, schedule: @escaping (_ step: Int) -> Double,
    _ loop: LoopSettings, announcing what: String, details: [String], afterwards: () throws -> Void
  ) throws {
    let progress = Progress("train", on: context.console)
    progress.note("\(what), steps: \(loop.totalSteps), method \(type(of: method).name), \(folder.path)")
    for line in details { progress.note("  \(line)") }
    let trainer = Trainer(
      subject, method: method, optimizer: optimizer, schedule: schedule, settings: loop, in: folder,
      reporter: progress)
    let (final, position) = try context.resumable(folder) { try trainer.train(resuming: options.resume) }
    try afterwards()

    var summary = RunSummary(command: command, task: task, method: type(of: method).name, seed: seed)
    summary.metrics = final.metrics
    summary.seconds = position.elapsed
    summary.samplesPerSecond = position.seconds > 0 ? Double(position.samples) / position.seconds : 0
    summary.best = position.best.map { best in
      (best.step, best.metrics.keys.sorted().map { (name: $0, value: best.metrics[$0]!) })
    }
    try folder.writeSummary(summary)
    for (name, value) in final.metrics { try context.console.print("\(name) \(value.fixed(4))") }
    try context.console.print("run \(folder.path)")
  }
}
