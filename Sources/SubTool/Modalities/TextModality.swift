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

  func trace(_ command: TraceCommand, on device: Device) throws -> [(name: String, array: HostArray)]? {
    guard let config = command.config else { return nil }
    try command.refuseLoss(of: "a BERT's loss follows from its labels")
    return try TextTrace.run(
      BERTConfig(JSON.read(config), place: config), weights: TensorFile.open(command.from),
      batch: TensorFile.open(command.batch), method: command.method.type, ratio: command.ratio(.text),
      precision: command.machine.precision, on: device)
  }

  func evaluate(_ command: EvalCommand, of run: JSON?, in context: ToolContext) throws -> Evaluation? {
    guard command.task != nil || run?["command"]?.string == "glue" else { return nil }
    guard let task = command.task ?? run?["task"]?.string.flatMap(GLUETask.init(rawValue:)) else {
      throw InputError(
        "the run does not say which task it was", at: command.from, cure: "add --task", isUsage: true)
    }
    let reader = try GLUEReader(task: task, data: command.data ?? context.home.data(of: task))
    var recipe = GLUERecipe(task)
    if let stored = run?["recipe"] { recipe = try recipe.restored(from: stored, at: command.from) }
    recipe.loop.evalBatchSize = command.batch
    let evaluation = try GLUEEvaluation(
      TextFolder(command.from, weights: command.weights.key), on: reader, by: recipe,
      RunSettings(device: command.machine.select(), precision: command.machine.precision))
    if command.data == nil { try context.sayEmbedded("sentences of datasets/acceptability", option: "--data DIR") }
    for line in evaluation.details { context.console.note(line) }
    return try evaluation()
  }

  func preview(_ command: PreviewCommand, in context: ToolContext) throws -> Bool {
    guard let task = command.task else { return false }
    let reader = try GLUEReader(task: task, data: command.data ?? context.home.data(of: task))
    let tokenizer = try WordPieceTokenizer(folder: command.from ?? context.home.file("tokenizers/acceptability"))
    let recipe = try GLUERecipe(task).with(command.settingPairs, note: context.console.note)
    let masking = Masking(ratio: command.ratio ?? recipe.method.ratio)
    for (number, example) in try reader.read(.train).examples.prefix(command.count).enumerated() {
      let encoding = tokenizer.encode(example.first, example.second, maxLength: recipe.data.maxLength)
      let hides = masking.masked(
        rows: 1, count: encoding.ids.count, RandomKey(seed: command.seed).fold("mask").fold(number))
      let ids = zip(encoding.ids, hides).map { $1 && !tokenizer.isSpecial($0) ? tokenizer.maskID : $0 }
      let words = { (ids: [Int32]) in tokenizer.tokens(of: ids).joined(separator: " ") }
      try context.console.print("label \(example.label.map { $0.description } ?? "none")")
      try context.console.print("  main  \(words(encoding.ids))")
      try context.console.print("  sub   \(words(ids))")
    }
    return true
  }
}
