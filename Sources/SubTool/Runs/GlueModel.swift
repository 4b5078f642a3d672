import SubCore
import SubData
import SubNN
import SubTrain
import TextSub

/// The network of a GLUE run with its tokenizer, made anew or from files, and how it is written.
struct GlueModel {
  let config: BERTConfig
  let tokenizer: WordPieceTokenizer
  let task: SequenceClassification
  let parameters: ParameterSet
  let configJSON: JSON
  /// What became of the weights of `from`, for the log.
  let details: [String]
  private let fileNames: [String: String]

  init(from: String?, task glue: GLUETask, seed: Int, home: ProjectHome, on device: Device) throws {
    let folder = try from.map { try TextFolder($0) }
    tokenizer = try folder?.tokenizer ?? WordPieceTokenizer(folder: home.file("tokenizers/acceptability"))
    config = folder?.config ?? GLUERecipe.smallNetwork(vocabulary: tokenizer.vocabulary.count)
    task = SequenceClassification(BERTForSequenceClassification(config, labels: glue.labelCount))
    let key = RandomKey(seed: seed).fold("weights")
    parameters = ParameterSet(task.model.namedParameters(), on: device, key: folder == nil ? key : nil)
    configJSON = config.json(
      labels: glue.isRegression ? ["score"] : glue.labels, isRegression: glue.isRegression)
    let report = try folder.map { [parameters] folder in
      try parameters.load(folder.weights, rename: BERTCheckpoint.parameterName, startsAnew: BERTCheckpoint.startsAnew,
        key: key)
    }
    (fileNames, details) = (report?.fileNames ?? [:], report?.details ?? [])
  }

  /// Weights in the naming of their source, configuration and tokenizer: a folder that `--from` takes.
  func write(to folder: String) throws {
    try TextFolder.write(to: folder, parameters, config: configJSON, tokenizer: tokenizer) { fileNames[$0] ?? $0 }
  }

  /// Puts the weights of such a folder back.
  func read(from folder: String) throws {
    _ = try parameters.load(TensorFile.open(folder), rename: BERTCheckpoint.parameterName)
  }
}
