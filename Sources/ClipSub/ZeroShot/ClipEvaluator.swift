public import SubCore
public import SubNN
public import SubTrain

/// Features of a data set, and what they say: zero-shot accuracy of the labelled images, retrieval of all pairs. Ranks
/// make batches in turn, each one once, and all of them have what comes of it.
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
  let ranks: any Communicator
  let device: Device

  /// An evaluator of a model.
  public init(_ model: CLIP, sharedBy ranks: any Communicator = SingleProcess(), on device: Device) {
    task = ContrastiveTask(model)
    (self.ranks, self.device) = (ranks, device)
  }

  /// What one rank has of a turn.
  private struct Turn {
    var images: [Float] = []
    var texts: [Float] = []
    /// −1: none.
    var labels: [Int] = []
    /// The losses of its pairs, added up: of all patches, and of masked images.
    var losses: [Double] = []
  }

  /// The features of all pairs. Of every turn of the ranks a batch has this rank's rows. `masking` also measures the loss
  /// of masked images.
  public func features(
    _ batches: CaptionBatches, masking: Masking? = nil
  ) throws -> Features {
    var turns: [Turn] = []
    while let captions = try batches.next() {
      try ranks.checkInterruption()
      turns.append(turn(captions, masking, number: turns.count * ranks.count + ranks.rank))
    }
    var features = Features()
    features.images = ranks.inTurn(turns.map(\.images))
    features.texts = ranks.inTurn(turns.map(\.texts))
    features.labels = ranks.inTurn(turns.map(\.labels)).map { $0 < 0 ? nil : $0 }
    let losses = ranks.inTurn(turns.map(\.losses))
    let total = Double(max(1, features.count))
    func mean(from first: Int) -> Double {
      stride(from: first, to: losses.count, by: masking == nil ? 1 : 2).reduce(0) { $0 + losses[$1] } / total
    }
    features.loss = mean(from: 0)
    features.maskedLoss = masking.map { _ in mean(from: 1) }
    return features
  }

  /// A batch, which has a number among those of all ranks.
  private func turn(_ captions: CaptionBatch, _ masking: Masking?, number: Int) -> Turn {
    var turn = Turn()
    guard captions.count > 0 else { return turn }
    Tape.withoutRecording {
      let batch = ClipBatch(captions, on: device)
      let output = task.forward(batch, task.shared(batch, .evaluation), .evaluation)
      turn.images = output.imageFeatures.floats()
      turn.texts = output.textFeatures.floats()
      turn.labels = captions.labels.map { $0 ?? -1 }
      turn.losses = [task.loss(output, batch).item * Double(batch.count)]
      if let masking {
        var pass = Pass.evaluation.at(number)
        pass.masking = masking
        let masked = task.forward(batch, task.shared(batch, pass), pass)
        turn.losses.append(task.loss(masked, batch).item * Double(batch.count))
      }
    }
    return turn
  }

  /// The features of images alone, [count, E].
  func imageFeatures(_ images: [PixelBatch]) -> Tensor {
    Tape.withoutRecording { task.model.imageFeatures(Tensor(images, on: device), .evaluation) }
  }

  /// How often the right class of the labelled pairs is among the best; nil where no pair has a label.
  public func accuracy(_ features: Features, _ classifier: ZeroShotClassifier) -> TopAccuracy? {
    let width = task.model.config.embedWidth
    let labelled = features.labels.indices.filter { index in
      features.labels[index].map { $0 >= 0 && $0 < classifier.count } ?? false
    }
    guard !labelled.isEmpty else { return nil }
    let rows = labelled.flatMap { features.images[$0 * width..<($0 + 1) * width] }
    let images = Tensor(HostArray(rows, shape: [labelled.count, width]), on: device)
    return TopAccuracy(
      ranks: Ranking.ranks(classifier.scores(images), labels: labelled.map { features.labels[$0]! }))
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
      let parts = (0..<ranks.turns(at: (count + atOnce - 1) / atOnce)).map { turn -> [Int] in
        let first = (turn * ranks.count + ranks.rank) * atOnce
        let rows = min(atOnce, count - first)
        guard rows > 0 else { return [] }
        let some = HostArray(Array(queries[first * width..<(first + rows) * width]), shape: [rows, width])
        let scores = Tensor(some, on: device).linear(all).floats()
        return (0..<rows).map { Ranking.rank(of: [first + $0], in: scores[$0 * count..<($0 + 1) * count]) }
      }
      return ranks.inTurn(parts)
    }
  }
}
