import SubCore
import SubNN
import SubTrain
import Testing
import TextSub

/// Sentences of many lengths, with dropout everywhere: in parts, and computed again.
@Suite struct PartsTests {
  private func step(
    on device: Device, parts: Int = 1, recomputes: Bool = false, regression: Bool = false
  ) -> (gradients: [(name: String, values: [Double])], loss: Double) {
    var sizes = BERTConfig()
    (sizes.vocabularySize, sizes.width, sizes.layers, sizes.heads) = (50, 16, 3, 2)
    (sizes.intermediateWidth, sizes.positions) = (32, 16)
    (sizes.dropout, sizes.attentionDropout) = (0.2, 0.2)
    let task = SequenceClassification(BERTForSequenceClassification(sizes, labels: regression ? 1 : 3))
    let set = ParameterSet(
      task.model, dtype: device == .cpu ? .f32 : .f64, on: device, key: RandomKey(seed: 1))
    let sequences = [9, 3, 14, 5, 7].enumerated().map { row, length in
      TextBatch.Sequence(
        ids: (0..<length).map { Int32((7 * $0 + 3 * row) % 50) }, typeIDs: Array(repeating: 0, count: length),
        isEligible: Array(repeating: true, count: length))
    }
    let target: Target =
      regression
      ? .probabilities(Tensor([0.1, 0.4, -1, 2, 0.5], [5, 1], dtype: device == .cpu ? .f32 : .f64, on: device))
      : .labels(Tensor(indices: [0, 2, 1, 1, 0], on: device), smoothing: 0)
    let batch = TextBatch(sequences, target: target, maskID: 4, on: device)
    let gradients = Gradients(set)
    var pass = Pass(isTraining: true, key: RandomKey(seed: 3))
    pass.recomputes = recomputes
    let losses = MaskSub(ratio: 0.3).inParts(parts, task, batch, into: gradients, pass: pass)
    return (
      set.parameters.map { ($0.name, gradients.value(of: $0).doubles()) },
      losses.reduce(0) { $0 + $1.losses.total(main: $1.losses.main.item, sub: $1.losses.sub?.item) * $1.share }
    )
  }

  @Test(arguments: [Device.cpu, .reference], [false, true])
  func `parts have the gradients of the whole`(_ device: Device, regression: Bool) {
    let whole = step(on: device, regression: regression)
    let largest = whole.gradients.flatMap(\.values).reduce(0) { max($0, abs($1)) }
    for parts in [2, 3, 5] {
      let divided = step(on: device, parts: parts, regression: regression)
      #expect(abs(divided.loss - whole.loss) < 1e-6)
      for (one, other) in zip(whole.gradients, divided.gradients) {
        let error = zip(one.values, other.values).reduce(0) { max($0, abs($1.0 - $1.1)) }
        #expect(error <= 1e-6 * largest, "\(one.name) in \(parts) parts: off by \(error) of \(largest)")
      }
    }
  }

  @Test(arguments: [1, 2]) func `blocks computed again give the same bits`(parts: Int) {
    let (kept, again) = (step(on: .cpu, parts: parts), step(on: .cpu, parts: parts, recomputes: true))
    for (one, other) in zip(kept.gradients, again.gradients) { #expect(one.values == other.values, "\(one.name)") }
    #expect(kept.loss == again.loss)
  }
}
