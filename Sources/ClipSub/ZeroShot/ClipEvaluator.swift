public import SubCore
import SubData
public import SubNN
import SubTrain

/// Features of a data set, and what they say: zero-shot accuracy of the labelled images, retrieval of all pairs.
public struct ClipEvaluator {
  /// The features of pairs, on the host.
  public struct Features {
    /// The images', row-major [count, E].
    public var images: [Float] = []
    /// The captions', row-major [count, E].
    public var texts: [Float] = []
    /// The class of each pair, where the data names one.
    public var labels: [Int?] = []
    /// The mean contrastive loss inside the batches.
    public var loss = 0.0
    /// The same with masked images, where it was asked for.
    public var maskedLoss: Double?
    /// The number of pairs.
    public var count: Int { labels.count }
  }

  let task: ContrastiveTask
  let device: Device

  /// An evaluator of a model.
  public init(_ model: CLIP, on device: Device) {
    task = ContrastiveTask(model)
    self.device = device
  }

  /// The features of all pairs. `masking` also measures the loss of masked images.
  public func features(
    _ batches: CaptionBatches, masking: Masking? = nil
  ) throws -> Features {
    var features = Features()
    var number = 0
    while let captions = try batches.next() {
      try Interruption.check()
      Tape.withoutRecording {
        let batch = ClipBatch(captions, on: device)
        let output = task.forward(batch, task.shared(batch, .evaluation), .evaluation)
        features.images += output.imageFeatures.floats()
        features.texts += output.textFeatures.floats()
        features.labels += captions.labels
        features.loss += task.loss(output, batch).item * Double(batch.count)
        if let masking {
          var pass = Pass.evaluation.at(number)
          pass.masking = masking
          let masked = task.forward(batch, task.shared(batch, pass), pass)
          features.maskedLoss = (features.maskedLoss ?? 0) + task.loss(masked, batch).item * Double(batch.count)
        }
      }
      number += 1
    }
    let total = Double(max(1, features.count))
    features.loss /= total
    features.maskedLoss = features.maskedLoss.map { $0 / total }
    return features
  }

  /// The features of images alone, [count, E].
  public func imageFeatures(_ images: PixelBatch) -> Tensor {
    Tape.withoutRecording { task.model.imageFeatures(Tensor(images, on: device), .evaluation) }
  }

  /// How often the right class of the labelled pairs is among the best; nil where no pair has a label.
  public func accuracy(_ features: Features, _ classifier: ZeroShotClassifier) -> ZeroShotAccuracy? {
    let width = task.model.config.embedWidth
    let labelled = features.labels.indices.filter { index in
      features.labels[index].map { $0 >= 0 && $0 < classifier.count } ?? false
    }
    guard !labelled.isEmpty else { return nil }
    let rows = labelled.flatMap { features.images[$0 * width..<($0 + 1) * width] }
    let images = Tensor(HostArray(rows, shape: [labelled.count, width]), on: device)
    return ZeroShotAccuracy(
      scores: classifier.scores(images), classes: classifier.count, labels: labelled.map { features.labels[$0]! })
  }

  /// Retrieval among all pairs, some rows of the similarity matrix at a time.
  public func retrieval(_ features: Features, rowsAtOnce: Int = 1024) -> RetrievalMetrics {
    RetrievalMetrics(
      imageRanks: ranks(features.images, among: features.texts, features.count, rowsAtOnce),
      textRanks: ranks(features.texts, among: features.images, features.count, rowsAtOnce))
  }

  private func ranks(_ queries: [Float], among candidates: [Float], _ count: Int, _ atOnce: Int) -> [Int] {
    let width = task.model.config.embedWidth
    return Tape.withoutRecording {
      let all = Tensor(HostArray(candidates, shape: [count, width]), on: device)
      return stride(from: 0, to: count, by: atOnce).flatMap { first in
        let rows = min(atOnce, count - first)
        let some = HostArray(Array(queries[first * width..<(first + rows) * width]), shape: [rows, width])
        let scores = Tensor(some, on: device).linear(all).floats()
        return (0..<rows).map { Ranking.rank(of: [first + $0], in: scores[$0 * count..<($0 + 1) * count]) }
      }
    }
  }
}
