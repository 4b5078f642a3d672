import SubCore
import SubData
import SubNN
import SubTrain
import TextSub
import VisionSub

/// `eval`: what a trained model is worth.
package struct EvalCommand: Command {
  package static let name = "eval"
  package static let summary = "evaluates a model: top-1 and top-5 (vision), the task's metrics (text)"
  package static let discussion =
    "--from takes a run, a folder or a weight file. Runs of train and finetune are evaluated as they were in training, "
    + "with the average of weights where the recipe keeps one; other files of vision transformers as their recipe "
    + "says. Runs of glue, and BERT folders with --task, are evaluated on the task's development split. Without --data "
    + "the embedded samples are used."
  package static let example = "masksub eval --from runs/deit3-s --data imagenet"
  package static let section = CommandSection.evaluate

  @Option("--from", value: "RUN|FILE", "the model") var from: String
  @Option("--data", value: "DIR", default: "the embedded samples", "images, or the task's folder") var data: String?
  @Option("--task", default: "the run's own", "the GLUE task of a text model") var task: GLUETask?
  @Option("--batch", in: 1...65536, "samples of a batch") var batch = 64
  @Option(
    "--resize", in: 1...4096, default: "the recipe's own", "the shorter side of an image before its middle is taken")
  var resize: Int?
  @Option("--workers", in: 0...256, default: "half of the cores, at most 8", "threads that prepare images")
  var workers: Int?
  @Option("--max-broken", in: 0...1_000_000_000, "unreadable pictures that are passed over before it is an error")
  var maxBroken = 100
  var machine = MachineOptions()

  package init() {}

  package func run(in context: ToolContext) throws {
    let device = try machine.select()
    let configuration = try? RunFolder.existing(from).configuration()
    if task != nil || configuration?["command"]?.string == "glue" {
      try evaluateText(configuration, context, on: device)
    } else {
      try evaluateVision(context, on: device)
    }
  }

  private func evaluateVision(_ context: ToolContext, on device: Device) throws {
    let source = try VisionFolder(from)
    let recipe = try source.evaluationRecipe(resize: resize)
    if let resize, resize < recipe.data.imageSize {
      throw InputError(
        "\(resize) pixels are fewer than the \(recipe.data.imageSize) of the model's images", at: "--resize",
        cure: "give at least \(recipe.data.imageSize)", isUsage: true)
    }
    let model = source.configuration.makeModel()
    let parameters = ParameterSet(model, on: device, key: nil)
    try source.loadForEvaluation(into: parameters)
    let images = try VisionData.evaluation(
      data ?? context.home.file("datasets/shapes"), classNames: source.classNames)
    guard images.classNames.count == source.configuration.classes else {
      throw InputError(
        "the model has \(source.configuration.classes) classes, the data \(images.classNames.count)",
        at: data ?? "datasets/shapes", cure: "give the data that the model was trained for")
    }
    if data == nil { try context.sayEmbedded("images of datasets/shapes", option: "--data DIR") }
    let settings = VisionOptions()
    settings.workers = workers
    for remark in VisionData.remarks(images) { context.console.note(remark) }
    let task = ImageClassification(model, objective: recipe.objective)
    let evaluator = VisionEvaluator(
      task, images, recipe.evaluationPipeline, batchSize: batch, workers: settings.workerCount,
      maxBroken: maxBroken, on: device)
    context.console.note(
      "\(source.configuration.summary), \(source.weights.title), \(images.count) images, \(images.classNames.count) classes, "
        + "\(recipe.data.imageSize) pixels of \(recipe.data.evalResize)")
    try report(try evaluator(), context)
    context.console.note(evaluator.batches.broken, "not counted")
  }

  private func evaluateText(_ configuration: JSON?, _ context: ToolContext, on device: Device) throws {
    guard let task = task ?? configuration?["task"]?.string.flatMap(GLUETask.init(rawValue:)) else {
      throw InputError(
        "the run does not say which task it was", at: from, cure: "add --task", isUsage: true)
    }
    let reader = try GLUEReader(task: task, data: data ?? context.home.data(of: task))
    let model = try GlueModel(
      from: from, isTrained: true, task: task, seed: machine.seed, home: context.home, on: device)
    if data == nil { try context.sayEmbedded("sentences of datasets/acceptability", option: "--data DIR") }
    for line in model.details { context.console.note(line) }
    let recipe = try configuration?["recipe"].map { try GLUERecipe(task).restored(from: $0, at: from) }
    let longest = min(model.config.positions, (recipe ?? GLUERecipe(task)).data.maxLength)
    let splits = try task.evaluationSplits.map { split in
      (
        split,
        try TextSource(
          reader.read(split).examples, model.tokenizer, task: task, maxLength: max(8, longest), batchSize: batch,
          on: device)
      )
    }
    try report(try TextEvaluator(model.task, task)(splits), context)
  }

  private func report(_ evaluation: Evaluation, _ context: ToolContext) throws {
    for (name, value) in evaluation.metrics { try context.console.print("\(name) \(value.fixed(4))") }
    if let loss = evaluation.loss { try context.console.print("loss \(loss.fixed(4))") }
  }
}
