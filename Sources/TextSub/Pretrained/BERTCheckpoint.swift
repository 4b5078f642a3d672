public import SubData

/// Weights of a BERT as the Hub, older transformers, or a run of ours left them.
public enum BERTCheckpoint {
  /// The parameter that a tensor of a checkpoint belongs to; nil for tensors that are not used (pretraining heads,
  /// buffers). Accepts old norm names (gamma, beta) and names with or without `bert.`, in any mix.
  public static func parameterName(_ name: String) -> String? {
    if name.hasPrefix("cls.") || name.hasSuffix("position_ids") || name.hasSuffix("embeddings.token_type_ids") {
      return nil
    }
    var result = name
    for (old, new) in [(".gamma", ".weight"), (".beta", ".bias")] where result.hasSuffix("LayerNorm" + old) {
      result = String(result.dropLast(old.count)) + new
    }
    for part in ["embeddings.", "encoder.", "pooler."] where result.hasPrefix(part) { result = "bert." + result }
    return result
  }

  /// Whether a file holds a BERT's encoder, under old or new names.
  public static func isBERT(_ source: some NamedTensors) -> Bool {
    source.names.contains { $0.hasSuffix("encoder.layer.0.attention.self.query.weight") }
  }

  /// Whether a parameter may start anew: the classifier, and the pooler of files that have none.
  public static func startsAnew(_ name: String) -> Bool {
    name.hasPrefix("classifier.") || name.hasPrefix("bert.pooler.")
  }

  /// The row of a fine-tuned classifier for each of a task's labels, by the names that its configuration gives the rows
  /// (`id2label`), in capitals or not, as run_glue has it; nil where it names other things.
  public static func classifierRows(_ names: [String], for labels: [String]) -> [Int]? {
    let names = names.map { $0.lowercased() }
    guard names.count == labels.count, Set(names) == Set(labels.map { $0.lowercased() }) else { return nil }
    return labels.map { names.firstIndex(of: $0.lowercased())! }
  }

  /// The number of classes of a fine-tuned file; nil where it holds no classifier.
  public static func labelCount(_ source: some NamedTensors) -> Int? {
    (try? source.info(named: "classifier.weight"))?.shape.first
  }
}
