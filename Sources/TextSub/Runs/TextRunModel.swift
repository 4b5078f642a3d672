public import SubCore
public import SubData
import SubNN
public import SubTrain

/// The network of a GLUE run with its tokenizer, made anew or from files, and how it is written.
public struct TextRunModel {
  /// The network.
  public let config: BERTConfig
  /// Its tokenizer.
  public let tokenizer: WordPieceTokenizer
  /// What is trained, or evaluated.
  public let task: SequenceClassification
  /// Its weights.
  public let parameters: ParameterSet
  /// The configuration as transformers writes it.
  public let configJSON: JSON
  /// What became of the weights of a file, for the log.
  public let details: [String]
  private let names: WeightNames

  /// A new network for a GLUE task.
  public init(
    _ config: BERTConfig, _ tokenizer: WordPieceTokenizer, for glue: GLUETask, _ settings: RunSettings = RunSettings()
  ) throws {
    try self.init(config, tokenizer, nil, isTrained: false, glue, settings)
  }

  /// The network of a folder for a GLUE task. `isTrained`: its classifier must be there, for it is to be used as it is.
  public init(
    _ folder: TextFolder, isTrained: Bool = false, for glue: GLUETask, _ settings: RunSettings = RunSettings()
  ) throws {
    try self.init(folder.config, folder.tokenizer, folder, isTrained: isTrained, glue, settings)
  }

  private init(
    _ config: BERTConfig, _ tokenizer: WordPieceTokenizer, _ folder: TextFolder?, isTrained: Bool, _ glue: GLUETask,
    _ settings: RunSettings
  ) throws {
    (self.config, self.tokenizer) = (config, tokenizer)
    task = SequenceClassification(BERTForSequenceClassification(config, labels: glue.labelCount))
    let key = RandomKey(seed: settings.seed).fold("weights")
    parameters = ParameterSet(task.model, precision: settings.precision, on: settings.device, key: nil)
    configJSON = config.json(
      labels: glue.isRegression ? ["score"] : glue.labels, isRegression: glue.isRegression)
    let report = try folder.map { [parameters] in
      try $0.load(into: parameters, labels: glue.labelCount, isTrained: isTrained, startingFrom: key)
    }
    if report == nil { parameters.start(from: key, .bert) }
    names = report?.names ?? WeightNames(.bert)
    var details = (folder?.remarks ?? []) + (report?.details ?? [])
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
  public func write(to folder: String) throws {
    try TextFolder.write(to: folder, parameters, config: configJSON, tokenizer: tokenizer, names: names)
  }

  /// Puts the weights of such a folder back.
  public func read(from folder: String) throws {
    _ = try TextFolder(folder).load(
      into: parameters, labels: task.model.labelCount, isTrained: true, startingFrom: RandomKey(seed: 0))
  }
}
