import SubCore
public import SubData
import SubTrain

// What other programs load.
extension TextInference {
  /// Writes a folder that transformers' `AutoModel…` and `AutoTokenizer` load, and sentence-transformers where the
  /// weights are a model of its.
  public func writeForTransformers(to folder: String) throws {
    let names = classNames ?? BERTConfig.namelessLabels(labelCount)
    let arrays = parameters.parameters.filter { hasClassifier || !$0.name.hasPrefix("head.") }
      .map { ($0.name, $0.value.host()) }
    try TextFolder.write(
      to: folder, WeightNames(.bert).tensors(arrays),
      config: config.json(labels: names, problem: hasClassifier ? problem : nil), tokenizer: tokenizer)
    try SentenceFiles(beside: path)?.write(to: folder)
  }

  /// The network as an ONNX graph. Class names stand in its metadata, and what makes a sentence's vector of the tokens that
  /// the graph hands out: sentence-transformers' files by their paths.
  public func onnx() throws -> OnnxGraph {
    var graph = config.onnx(parameters, labels: hasClassifier ? labelCount : nil)
    if let classNames { graph.metadata.append(("label_names", JSON.array(classNames.map { .string($0) }).text())) }
    if !hasClassifier { graph.metadata += try SentenceFiles(beside: path)?.texts() ?? [] }
    return graph
  }
}
