import SubCore
public import SubData
import SubTrain

// What other programs load.
extension TextInference {
  /// Writes a folder that transformers' `AutoModel…` and `AutoTokenizer` load.
  public func writeForTransformers(to folder: String) throws {
    let names = classNames ?? BERTConfig.namelessLabels(labelCount)
    var description = config.json(labels: names, problem: problem).object ?? JSON.Object()
    if !hasClassifier { description["architectures"] = ["BertModel"] }
    let arrays = parameters.parameters.filter { hasClassifier || !$0.name.hasPrefix("head.") }
      .map { ($0.name, $0.value.host()) }
    try TextFolder.write(
      to: folder, WeightNames(.bert).tensors(arrays), config: .object(description), tokenizer: tokenizer)
  }

  /// The network as an ONNX graph. Class names stand in its metadata.
  public func onnx() -> OnnxGraph {
    var graph = config.onnx(parameters, labels: hasClassifier ? labelCount : nil)
    if let classNames { graph.metadata.append(("label_names", JSON.array(classNames.map { .string($0) }).text())) }
    return graph
  }
}
