import SubCore
import SubData
import SubNN
import SubTrain
import TextSub

/// Sentences and pairs of them: BERT on GLUE's tasks.
struct TextModality: Modality {
  let recipes = GLUERecipe.book.map(\.page)
  let commands = [GlueCommand.name]
  let families: [any ModelFamily] = [BERTFamily()]
  let workloads: [Workload] = [.bertBase, .miniLM]

  func trace(
    _ command: TraceCommand, on device: Device, note: (String) -> Void
  ) throws -> [(name: String, array: HostArray)]? {
    guard let config = command.config else { return nil }
    try command.refuseLoss(of: "a BERT's loss follows from its labels")
    return try TextTrace.run(
      BERTConfig(JSON.read(config), place: config), weights: TensorFile.open(command.from),
      batch: TensorFile.open(command.batch), method: command.method.type, ratio: command.ratio(.text),
      precision: command.machine.precision, on: device)
  }

  func evaluate(_ command: EvalCommand, of run: JSON?, in context: ToolContext) throws -> Evaluation? {
    let hasColumns = command.columns.text != nil
    guard command.task != nil || hasColumns || run?["command"]?.string == "glue" else { return nil }
    let folder = try TextFolder(command.from, weights: command.weights.key)
    let data = try data(command, of: run, folder, in: context)
    var recipe = GLUERecipe(command.task ?? .cola)
    if let stored = run?["recipe"] { recipe = try recipe.restored(from: stored, at: command.from) }
    recipe.loop.evalBatchSize = command.batch
    let evaluation = try TextEvaluation(
      folder, on: data, by: recipe,
      RunSettings(
        device: try command.machine.select(context.ranks), precision: command.machine.precision, ranks: context.ranks))
    if command.data == nil, data is GLUEReader {
      try context.sayEmbedded("sentences of datasets/acceptability", option: "--data DIR")
    }
    for line in evaluation.details { context.console.note(line) }
    return try evaluation()
  }

  /// The task's data, or a table: the one that is named, or the run's own.
  private func data(
    _ command: EvalCommand, of run: JSON?, _ folder: TextFolder, in context: ToolContext
  ) throws -> any TextData {
    let known = command.columns.text == nil && command.task == nil ? TextTableChoice(run?["table"]) : nil
    if let known, command.data == nil, let place = run?["data"]?.string {
      context.console.note("evaluated on \(run?["validation"]?.string ?? "what the run held out of \(place)")")
      return try known.open(place, validation: run?["validation"]?.string)
    }
    if known != nil || command.columns.text != nil {
      guard let place = command.data else {
        throw InputError("no table is given", at: "--text", cure: "add --data FILE", isUsage: true)
      }
      let columns = try known?.columns ?? command.columns.columns(command.table, of: place)
      return try TextTable(
        evaluating: place, columns, known?.format ?? command.table.format(), labels: folder.labels())
    }
    guard let task = command.task ?? run?["task"]?.string.flatMap(GLUETask.init(rawValue:)) else {
      throw InputError(
        "the run does not say which task it was", at: command.from, cure: "add --task", isUsage: true)
    }
    return try GLUEReader(task: task, data: command.data ?? context.home.data(of: task))
  }
}
