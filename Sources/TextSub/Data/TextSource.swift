public import SubCore
public import SubData
import SubNN
public import SubTrain

/// Encoded sentences with their labels, handed out in batches. Nothing is padded, so no bucketing is needed.
public final class TextSource {
  let sequences: [TextBatch.Sequence]
  let labels: [Float]
  /// What metrics have behind their names.
  let suffix: String
  private let isRegression: Bool
  /// What the samples of each class count in the loss; nil: all alike.
  private let weights: [Float]?
  private let maskID: Int32
  /// Sequences of a batch.
  var batchSize: Int
  private let device: Device
  /// What was left out of the data, in a line each.
  public let remarks: [String]

  /// The examples of a part of a task's data, for a model. `weights`: what those of each class count in the loss. Throws
  /// where the model cannot take them.
  public init(
    _ part: TextPart, for model: TextRunModel, task: TextTask, maxLength: Int, batchSize: Int,
    weights: [Float]? = nil, on device: Device
  ) throws {
    (remarks, suffix, self.weights) = (part.remarks, part.suffix, weights)
    sequences = try part.examples.map { try model.reader.sequence($0, maxLength: maxLength) }
    labels = part.examples.map { $0.label ?? 0 }
    isRegression = task.isRegression
    maskID = model.tokenizer.maskID
    (self.batchSize, self.device) = (batchSize, device)
  }

  /// The number of sentences.
  public var count: Int { sequences.count }

  /// The batches of a run, of which each of `ranks` has its rows: every epoch in an order of its own.
  public func shuffled(seed: Int, ranks: any Communicator = SingleProcess()) -> ShuffledBatches<TextBatch> {
    let batches = ShuffledBatches(
      count: count, batchSize: batchSize, seed: seed, size: { self.sequences[$0].ids.count },
      example: { self.example(of: $0, tokens: $1) }, make: { self.batch($0) })
    (batches.digest, batches.ranks) = (digest, ranks)
    return batches
  }

  /// The sentences as they are read, with their labels.
  private var digest: SampleDigest {
    var digest = SampleDigest()
    for (sequence, label) in zip(sequences, labels) {
      digest.add(sequence.ids + [Int32(bitPattern: label.bitPattern)])
    }
    return digest
  }

  /// The batches of one pass in the order of the file.
  public func inOrder() -> some Sequence<TextBatch> {
    stride(from: 0, to: count, by: batchSize).lazy.map { [self] in
      batch(Array($0..<min(count, $0 + batchSize)))
    }
  }

  private func batch(_ places: [Int]) -> TextBatch { batch(places.map { sequences[$0] }, places.map { labels[$0] }) }

  private func batch(_ sequences: [TextBatch.Sequence], _ labels: [Float]) -> TextBatch {
    let target: Target =
      isRegression
      ? .probabilities(Tensor(HostArray(labels, shape: [labels.count, 1]), on: device))
      : Target.labels(labels.map { Int($0) }, weights: weights, on: device)
    return TextBatch(sequences, target: target, maskID: maskID, on: device)
  }

  /// Sequences of equally many tokens.
  private func example(of count: Int, tokens: Int) -> TextBatch {
    let sequence = TextBatch.Sequence(
      ids: Array(repeating: maskID, count: tokens), typeIDs: Array(repeating: 0, count: tokens),
      isEligible: Array(repeating: true, count: tokens))
    return batch(Array(repeating: sequence, count: count), Array(repeating: 0, count: count))
  }
}
