import Dispatch
public import SubCore
public import SubData
import Synchronization

/// Batches of image-caption pairs from a stream: images decoded and framed, captions tokenized. A broken
/// image is recorded and the next pair takes its place, so that batches are full and depend on the data alone.
public final class CaptionBatches: Sendable {
  /// What was skipped.
  public let faults: CaptionFaults
  /// An augmented image and what was drawn for it.
  private typealias Made = (image: RGBImage, plan: AugmentPlan)
  private let stream: Mutex<CaptionStream>
  private let tokenizer: BytePairTokenizer
  private let pipeline: ImagePipeline
  private let batchSize: Int
  private let contextLength: Int
  private let dropsLast: Bool
  private let threads: Int
  private let key: RandomKey

  /// Batches of `batchSize` pairs. The key is the root of the images' augmentation: that of the n-th pair of a run is
  /// `key.fold(n)`. `dropsLast` leaves out a last batch that is not full.
  public init(
    _ stream: CaptionStream, tokenizer: BytePairTokenizer, pipeline: ImagePipeline, batchSize: Int,
    contextLength: Int = 77, key: RandomKey, dropsLast: Bool = true, threads: Int = 1
  ) {
    precondition(batchSize > 0 && threads > 0, "CaptionBatches: batch size \(batchSize), \(threads) threads")
    faults = stream.faults
    self.stream = Mutex(stream)
    self.tokenizer = tokenizer
    self.pipeline = pipeline
    self.batchSize = batchSize
    self.contextLength = contextLength
    self.key = key
    self.dropsLast = dropsLast
    self.threads = threads
  }

  /// The next batch; nil at the end of data that does not start again.
  public func next() throws -> CaptionBatch? {
    try stream.withLock { stream in
      var made: [(pair: CaptionPair, image: Made)] = []
      var isAtEnd = false
      while made.count < batchSize, !isAtEnd {
        var pairs: [(pair: CaptionPair, number: Int)] = []
        while made.count + pairs.count < batchSize {
          guard let pair = try stream.next() else {
            isAtEnd = true
            break
          }
          pairs.append((pair, stream.position.delivered - 1))
        }
        for (index, result) in decode(pairs).enumerated() {
          switch result {
          case .success(let image):
            faults.noteDecoded()
            made.append((pairs[index].pair, image))
          case .failure(let error):
            try faults.record(CaptionFault(brokenImage: pairs[index].pair.name, error))
          }
        }
      }
      guard !made.isEmpty, made.count == batchSize || !dropsLast else { return nil }
      return batch(made, stream.position)
    }
  }

  /// A loader whose one thread makes batches ahead of time; `count` of them at most.
  public func loader(count: Int, ahead: Int = 2) -> Loader<CaptionBatch?> {
    Loader(0..<count, workers: 1, ahead: ahead) { _ in try self.next() }
  }

  private func decode(_ pairs: [(pair: CaptionPair, number: Int)]) -> [Result<Made, any Error>] {
    let results = Mutex([Result<Made, any Error>?](repeating: nil, count: pairs.count))
    DispatchQueue.concurrentPerform(iterations: min(threads, pairs.count)) { thread in
      for index in stride(from: thread, to: pairs.count, by: threads) {
        let (pair, number) = pairs[index]
        let result: Result<Made, any Error> = Result {
          try pipeline.image(pair.imageBytes(), name: pair.name, key: key.fold(number))
        }
        results.withLock { $0[index] = result }
      }
    }
    return results.withLock { $0.map { $0! } }
  }

  private func batch(_ made: [(pair: CaptionPair, image: Made)], _ position: CaptionPosition) -> CaptionBatch {
    CaptionBatch(
      pixels: pipeline.pixels(made.map(\.image)),
      tokens: made.map { tokenizer.tokenize($0.pair.caption, contextLength: contextLength) },
      captions: made.map(\.pair.caption), labels: made.map(\.pair.label), position: position)
  }
}
