import Foundation
import SubCore
import SubData
import SubNN
import SubTrain
import Testing
import TextSub

/// transformers 5.23.0 in float64: a tiny BertForSequenceClassification whose weights are sines.
@Suite struct BERTTests {
  /// In transformers' order: element k (from 0) of parameter j is 0.5·sin(0.37·(k + 1) + 0.1·j), a norm's weight one plus a
  /// tenth of that.
  private static let names =
    [
      "word_embeddings.weight", "position_embeddings.weight", "token_type_embeddings.weight", "LayerNorm.weight",
      "LayerNorm.bias",
    ].map { "bert.embeddings.\($0)" }
    + ["query", "key", "value"].flatMap { ["self.\($0).weight", "self.\($0).bias"] }
    .map { "bert.encoder.layer.0.attention.\($0)" }
    + [
      "attention.output.dense", "attention.output.LayerNorm", "intermediate.dense", "output.dense", "output.LayerNorm",
    ]
    .flatMap { ["\($0).weight", "\($0).bias"] }.map { "bert.encoder.layer.0.\($0)" }
    + ["bert.pooler.dense.weight", "bert.pooler.dense.bias", "classifier.weight", "classifier.bias"]

  @Test func `logits and loss of a tiny model`() {
    var config = BERTConfig()
    (config.vocabularySize, config.width, config.layers, config.heads) = (11, 4, 1, 2)
    (config.intermediateWidth, config.positions, config.types) = (6, 8, 2)
    let model = BERTForSequenceClassification(config, labels: 3)
    let set = ParameterSet(model, dtype: .f64, on: .reference, key: nil)
    #expect(Set(set.parameters.flatMap { Naming.bert.names(of: $0.name) }) == Set(Self.names))
    for parameter in set.parameters {
      let parts = Naming.bert.names(of: parameter.name)
      let values = parts.flatMap { name in
        let j = Double(Self.names.firstIndex(of: name)!)
        let isScale = name.hasSuffix("LayerNorm.weight")
        return (0..<parameter.shape.count / parts.count).map { k in
          let wave = 0.5 * sin(0.37 * Double(k + 1) + 0.1 * j)
          return isScale ? 1 + 0.1 * wave : wave
        }
      }
      parameter.value.write(HostArray(values, shape: parameter.shape.dimensions, dtype: .f64))
    }
    func sequence(_ ids: [Int32], types: [Int32]) -> TextBatch.Sequence {
      TextBatch.Sequence(ids: ids, typeIDs: types, isEligible: ids.map { _ in false })
    }
    // The padding of the first row, which the mask hides, is left out.
    let batch = TextBatch(
      [sequence([2, 5, 7, 3], types: [0, 0, 0, 0]), sequence([2, 4, 3, 6, 3], types: [0, 0, 0, 1, 1])],
      target: .labels(Tensor(indices: [2, 0], on: .reference), smoothing: 0), maskID: 4, on: .reference)
    let logits = model(batch, .evaluation)
    let expected = [0.1111716604, 0.0001502514, -0.1098039479, 0.0959463737, -0.0046256820, -0.0954447445]
    #expect(zip(logits.doubles(), expected).allSatisfy { abs($0 - $1) < 1e-10 }, "\(logits.doubles())")
    #expect(abs(Loss.crossEntropy(logits, batch.target!).item - 1.1086685343) < 1e-10)
  }
}
