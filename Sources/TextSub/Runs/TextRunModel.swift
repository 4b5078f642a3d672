public import SubCore
public import SubData
import SubNN
public import SubTrain

/// The network of a text run with its tokenizer, made anew or from files, and how it is written.
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

  /// How it reads texts.
  var reader: SequenceReader { SequenceReader(tokenizer, for: config) }

  /// A new network for a task. What `freezing` names stays as it is.
  public init(
    _ config: BERTConfig, _ tokenizer: WordPieceTokenizer, for goal: TextTask, freezing: Freezing = Freezing(),
    _ settings: RunSettings = RunSettings()
  ) throws {
    try self.init(config, tokenizer, nil, isTrained: false, goal, freezing, settings)
  }

  /// The network of a folder for a task. `isTrained`: its classifier must be there, for it is to be used as it is.
  public init(
    _ folder: TextFolder, isTrained: Bool = false, for goal: TextTask, freezing: Freezing = Freezing(),
    _ settings: RunSettings = RunSettings()
  ) throws {
    try self.init(folder.config, folder.tokenizer, folder, isTrained: isTrained, goal, freezing, settings)
  }

  private init(
    _ config: BERTConfig, _ tokenizer: WordPieceTokenizer, _ folder: TextFolder?, isTrained: Bool, _ goal: TextTask,
    _ freezing: Freezing, _ settings: RunSettings
  ) throws {
    (self.config, self.tokenizer) = (config, tokenizer)
    task = SequenceClassification(BERTForSequenceClassification(config, labels: goal.labelCount))
    let frozen = try freezing.apply(to: task.model) { name in
      [Naming.bert.names(of: name)] + (folder.map { [$0.weights.fileNames(of: name)] } ?? [])
    }
    let key = RandomKey(seed: settings.seed).fold("weights")
    parameters = ParameterSet(task.model, precision: settings.precision, on: settings.device, key: nil)
    configJSON = config.json(labels: goal.isRegression ? ["score"] : goal.labels, problem: TextProblem(goal))
    let report = try folder.map { [parameters] in
      try $0.load(into: parameters, labels: goal.labelCount, isTrained: isTrained, startingFrom: key)
    }
    if report == nil { parameters.start(from: key, .bert) }
    names = report?.names ?? WeightNames(.bert)
    if let report { try Freezing.check(parameters, made: report.made, by: names) }
    var details = (folder?.remarks ?? tokenizer.remarks) + (report?.details ?? [])
    if let folder, folder.labelCount == goal.labelCount {
      if folder.problem != TextProblem(goal) {
        details.append(
          "the classifier's weights are taken as they are, though its problem_type is \(folder.problem.rawValue) and "
            + "the task's \(TextProblem(goal).rawValue)")
      }
      if !goal.isRegression { details += Self.order(parameters, from: config, to: goal.labels) }
    }
    self.details = details + [frozen].compactMap(\.self)
  }

  /// Puts a fine-tuned classifier's rows into the order of the task's labels; what is to be said of it.
  private static func order(_ parameters: ParameterSet, from config: BERTConfig, to labels: [String]) -> [String] {
    guard let names = config.classNames(labels.count) else { return [] }
    guard let rows = config.classifierRows(for: labels) else {
      return ["the classifier's labels, \(names.joined(separator: ", ")), are not the task's: taken in its order"]
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
