import SubCore
import SubData

extension ProjectHome {
  /// The embedded data of a GLUE task; a usage error for those that have none.
  func data(of task: GLUETask) throws -> String {
    guard task == .cola else {
      throw InputError(
        "only cola comes with embedded data", at: "--task \(task.rawValue)",
        cure: "add --data DIR with \(task.name)'s files (scripts/fetch-glue.sh gets them)", isUsage: true)
    }
    return try file("datasets/acceptability")
  }
}

/// The embedded captions.
struct EmbeddedCaptions {
  let train, validation, classes, templates, merges: String

  init(_ context: ToolContext) throws {
    let folder = try context.home.file("datasets/captions")
    train = "\(folder)/train-{0000..0003}.tar.gz"
    validation = "\(folder)/val-0000.tar.gz"
    classes = "\(folder)/classes.txt"
    templates = "\(folder)/templates.txt"
    merges = try context.home.file("tokenizers/captions-bpe/merges.txt")
  }
}
