import SubCore
public import SubData
import SubNN

extension TextRunModel {
  /// What the network says of texts or pairs as it stands: a row of logits for each. Texts longer than `maxLength` tokens
  /// are cut. Throws where the network cannot take them.
  public func logits(_ examples: [TextExample], maxLength: Int) throws -> [[Float]] {
    guard !examples.isEmpty else { return [] }
    let sequences = try examples.map { try reader.sequence($0, maxLength: maxLength) }
    let batch = TextBatch(sequences, target: nil, maskID: tokenizer.maskID, on: parameters.arena.device)
    let values = Tape.withoutRecording { task.forward(batch, (), .evaluation).floats() }
    let width = values.count / examples.count
    return examples.indices.map { Array(values[$0 * width..<($0 + 1) * width]) }
  }
}
