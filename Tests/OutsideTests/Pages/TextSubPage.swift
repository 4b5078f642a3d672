import SubCore
import SubNN
import Testing
import TextSub

extension LandingPages {
  @Test func `the example of TextSub`() throws {
    var config = BERTConfig()
    (config.vocabularySize, config.width, config.layers, config.heads, config.intermediateWidth) = (30, 32, 2, 2, 64)
    let network = BERTForSequenceClassification(config, labels: 2)
    let parameters = ParameterSet(network, on: .cpu, key: RandomKey(seed: 0))
    let ids: [[Int32]] = [[2, 7, 8, 3], [2, 9, 3]]
    let sequences = ids.map { ids in
      TextBatch.Sequence(ids: ids, typeIDs: ids.map { _ in 0 }, isEligible: ids.map { $0 > 3 })
    }
    let batch = TextBatch(sequences, target: nil, maskID: 1, on: .cpu)
    print(parameters.count, Tape.withoutRecording { network(batch, .evaluation) }.shape)  // …, [2, 2]
    #expect(Tape.withoutRecording { network(batch, .evaluation) }.shape == [2, 2])
  }
}
