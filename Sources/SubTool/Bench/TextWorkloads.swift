import SubCore
import SubNN
import SubTrain
import TextSub

extension Workload {
  /// BERT-base, 128 tokens a sequence.
  static let bertBase = bert("bert-base", batch: 8, length: 128, BERTConfig())

  /// The small BERT of six layers, 384 wide, 32 tokens a sequence.
  static let miniLM: Workload = {
    var config = BERTConfig()
    (config.width, config.layers, config.heads, config.intermediateWidth) = (384, 6, 12, 1536)
    return bert("minilm", batch: 32, length: 32, config)
  }()

  private static func bert(_ name: String, batch: Int, length: Int, _ config: BERTConfig) -> Workload {
    Workload(name: name, batch: batch, basis: .text) { batch, method, precision, device in
      let key = RandomKey(seed: 0)
      let task = SequenceClassification(BERTForSequenceClassification(config, labels: 2))
      let parameters = ParameterSet(task.model, precision: precision, on: device, key: key)
      let sequences = (0..<batch).map { row in
        TextBatch.Sequence(
          ids: (0..<length).map { Int32(1000 + key.integer(below: 29000, at: row * length + $0)) },
          typeIDs: Array(repeating: 0, count: length), isEligible: Array(repeating: true, count: length))
      }
      let labels = Tensor(indices: (0..<batch).map { key.fold("label").integer(below: 2, at: $0) }, on: device)
      let data = TextBatch(sequences, target: .labels(labels, smoothing: 0), maskID: 103, on: device)
      return step(task, data, parameters, method)
    }
  }
}
