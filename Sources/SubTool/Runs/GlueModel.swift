import SubCore
import SubData
import SubNN
import SubTrain
import TextSub

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

/// The network of a GLUE run with its tokenizer, made anew or from files, and how it is written.
struct GlueModel {
  let config: BERTConfig
  let tokenizer: WordPieceTokenizer
  let task: SequenceClassification
  let parameters: ParameterSet
  let configJSON: JSON
  /// What became of the weights of `from`, for the log.
  let details: [String]
  private let names: WeightNames

  /// A new network, or that of `from`. `isTrained`: its classifier must be there, for it is to be used as it is.
  init(
    from: String?, isTrained: Bool = false, task glue: GLUETask, seed: Int, home: ProjectHome, on device: Device
  ) throws {
    let folder = try from.map { try TextFolder($0) }
    tokenizer = try folder?.tokenizer ?? WordPieceTokenizer(folder: home.file("tokenizers/acceptability"))
    config = folder?.config ?? GLUERecipe.smallNetwork(vocabulary: tokenizer.vocabulary.count)
    task = SequenceClassification(BERTForSequenceClassification(config, labels: glue.labelCount))
    let key = RandomKey(seed: seed).fold("weights")
    parameters = ParameterSet(task.model, on: device, key: nil)
    configJSON = config.json(
      labels: glue.isRegression ? ["score"] : glue.labels, isRegression: glue.isRegression)
    let report = try folder.map { [parameters] in
      try $0.load(into: parameters, labels: glue.labelCount, isTrained: isTrained, startingFrom: key)
    }
    if report == nil { parameters.start(from: key, .bert) }
    names = report?.names ?? WeightNames(.bert)
    var details = report?.details ?? []
    if let folder, BERTFamily.labelCount(folder.weights) == glue.labelCount, !glue.isRegression {
      details += Self.order(parameters, from: config, to: glue.labels)
    }
    self.details = details
  }

  /// Puts a fine-tuned classifier's rows into the order of the task's labels; what is to be said of it.
  private static func order(_ parameters: ParameterSet, from config: BERTConfig, to labels: [String]) -> [String] {
    let names = config.labels
    guard let rows = config.classifierRows(for: labels) else {
      let isNamed = !names.isEmpty && !names.allSatisfy { $0.hasPrefix("LABEL_") }
      return isNamed
        ? ["the classifier's labels, \(names.joined(separator: ", ")), are not the task's: taken in its order"] : []
    }
    guard rows != Array(0..<rows.count) else { return [] }
    for parameter in parameters.parameters where parameter.name.hasPrefix("head.") {
      let values = parameter.value.floats()
      let width = values.count / rows.count
      parameter.value.write(
        HostArray(rows.flatMap { values[$0 * width..<($0 + 1) * width] }, shape: parameter.shape.dimensions))
    }
    return ["the classifier's rows reordered: \(names.joined(separator: ", ")) to \(labels.joined(separator: ", "))"]
  }

  /// Weights in the naming of their source, configuration and tokenizer: a folder that `--from` takes.
  func write(to folder: String) throws {
    try TextFolder.write(to: folder, parameters, config: configJSON, tokenizer: tokenizer, names: names)
  }

  /// Puts the weights of such a folder back.
  func read(from folder: String) throws {
    _ = try TextFolder(folder).load(
      into: parameters, labels: task.model.labelCount, isTrained: true, startingFrom: RandomKey(seed: 0))
  }
}
