import SubCore
import SubData
import SubNN
import SubTrain
import TextSub

extension TextModality {
  /// Labelled texts: their tokens as the main branch sees them, and as the sub-branch does.
  func preview(_ command: PreviewCommand, in context: ToolContext) throws -> Bool {
    guard let data = try previewed(command, context) else { return false }
    let task = data.textTask
    let part = try data.training()
    for remark in part.remarks { context.console.note(remark) }
    let tokenizer =
      if command.from == nil, command.task == nil {
        try WordPieceTokenizer(learnedFrom: part)
      } else {
        try WordPieceTokenizer(folder: command.from ?? context.home.file("tokenizers/acceptability"))
      }
    let recipe = try GLUERecipe(command.task ?? .cola).with(command.settings(), note: context.console.note)
    let masking = Masking(ratio: command.ratio ?? recipe.method.ratio)
    for (number, example) in part.examples.prefix(command.count).enumerated() {
      let encoding = tokenizer.encode(
        example.first, example.second, maxLength: min(recipe.data.maxLength, tokenizer.maxLength ?? .max))
      let hides = masking.masked(
        rows: 1, count: encoding.ids.count, RandomKey(seed: command.seed).fold("mask").fold(number))
      let ids = zip(encoding.ids, hides).map { $1 && !tokenizer.isSpecial($0) ? tokenizer.maskID : $0 }
      let words = { (ids: [Int32]) in tokenizer.tokens(of: ids).joined(separator: " ") }
      let label = example.label.map { task.isRegression ? $0.description : task.labels[Int($0)] }
      try context.console.print("\(number + 1)  label of the loss: \(label ?? "none")")
      try context.console.print("  main branch  \(words(encoding.ids))")
      try context.console.print("  sub-branch   \(words(ids))")
    }
    try context.console.print(
      "\(tokenizer.tokens(of: [tokenizer.maskID]).joined()): a token hidden from the sub-branch, each with probability "
        + "\(masking.ratio); [CLS] and [SEP] never are")
    return true
  }

  /// A task's texts, or those of a table; nil where neither is named.
  private func previewed(_ command: PreviewCommand, _ context: ToolContext) throws -> (any TextData)? {
    if let task = command.task { return try GLUEReader(task: task, data: command.data ?? context.home.data(of: task)) }
    guard command.columns.text != nil else { return nil }
    guard let path = command.data else {
      throw InputError("no table is given", at: "--text", cure: "add --data FILE", isUsage: true)
    }
    // What `glue` trains on.
    let choice = TextTableChoice(
      columns: try command.columns.columns(command.table, of: path), format: try command.table.format(),
      problem: command.columns.problem, split: SplitOptions().split(standard: 0.1))
    return try choice.open(path, validation: nil)
  }
}
