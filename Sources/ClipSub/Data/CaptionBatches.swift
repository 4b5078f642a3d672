import Dispatch
public import SubCore
public import SubData
import Synchronization

/// Batches of image-caption pairs from a stream: images decoded and framed, captions tokenized. Which pairs a
/// batch has depends on the stream alone, and whatever is random about a pair on its number in the run: so ranks that make
/// some rows of every batch each make together what one process makes.
public final class CaptionBatches: Sendable {
  /// What was skipped.
  public let faults: CaptionFaults
  /// An augmented image and what was drawn for it.
  private typealias Made = (image: RGBImage, plan: AugmentPlan)
  private let stream: Mutex<CaptionStream>
  private let tokenizer: BytePairTokenizer
  private let pipeline: ImagePipeline
  private let batchSize: Int
  private let rows: Range<Int>
  private let contextLength: Int
  private let fills: Bool
  private let threads: Int
  private let key: RandomKey

  /// Batches of `batchSize` pairs, of which those of `rows` are made (nil: all). The key is the root of the images'
  /// augmentation: that of the n-th pair of a run is `key.fold(n)`.
  ///
  /// Training `fills` its batches: another pair takes the place of one whose image is broken, and a last batch that is not
  /// full is left out. Else a broken image is left out, and what is there at the end is a batch.
  public init(
    _ stream: CaptionStream, tokenizer: BytePairTokenizer, pipeline: ImagePipeline, batchSize: Int,
    rows: Range<Int>? = nil, contextLength: Int = 77, key: RandomKey, fills: Bool = true, threads: Int = 1
  ) {
    let rows = rows ?? 0..<batchSize
    precondition(batchSize > 0 && threads > 0, "CaptionBatches: batch size \(batchSize), \(threads) threads")
    precondition(
      rows.lowerBound >= 0 && rows.upperBound <= batchSize && !rows.isEmpty,
      "CaptionBatches: rows \(rows) of \(batchSize)")
    faults = stream.faults
    self.stream = Mutex(stream)
    self.tokenizer = tokenizer
    self.pipeline = pipeline
    self.batchSize = batchSize
    self.rows = rows
    self.contextLength = contextLength
    self.key = key
    self.fills = fills
    self.threads = threads
  }

  /// The next batch, or its rows; nil at the end of data that does not start again. Where broken images are left out, it
  /// may be empty.
  public func next() throws -> CaptionBatch? {
    try stream.withLock { stream in
      if fills { try stream.dropRest(fewerThan: batchSize) }
      var given: [CaptionStream.Given] = []
      while given.count < batchSize, let pair = try stream.give() { given.append(pair) }
      guard !given.isEmpty, given.count == batchSize || !fills else { return nil }
      let made = try images(of: given)
      return batch(made, stream.position)
    }
  }

  /// A loader whose one thread makes batches ahead of time; `count` of them at most.
  public func loader(count: Int, ahead: Int = 2) -> Loader<CaptionBatch?> {
    Loader(0..<count, workers: 1, ahead: ahead) { _ in try self.next() }
  }

  // MARK: Images

  /// A row of a batch.
  private struct Row {
    /// Its pair's number in the run.
    let number: Int
    var pair: CaptionPair
    var image: Made?
  }

  /// The own rows of a batch with their images. A broken image is a fault of one's own rows alone, which stand for those
  /// of all ranks.
  private func images(of given: [CaptionStream.Given]) throws -> [Row] {
    var made = given[rows.clamped(to: 0..<given.count)].map { Row(number: $0.number, pair: $0.pair) }
    let share = batchSize / rows.count
    var (open, trial) = (Array(made.indices), 0)
    while !open.isEmpty {
      for (row, result) in zip(open, decode(open.map { made[$0] })) {
        switch result {
        case .success(let image):
          faults.noteDecoded()
          made[row].image = image
        case .failure(let error):
          try faults.record(CaptionFault(brokenImage: made[row].pair.name, error), standingFor: share)
        }
      }
      open = open.filter { made[$0].image == nil }
      guard fills else { break }
      trial += 1
      for row in open {
        made[row].pair = substitute(for: made[row].number, trial, among: given)
        faults.noteGiven(share)
      }
    }
    return made.filter { $0.image != nil }
  }

  /// A pair in place of the one of a number: by chance, of what lies beside the batch's pairs, in a shard that one of them is
  /// from or in the same table, and none of them. So the stream goes on as if nothing had been broken, and nobody
  /// has to know of what is broken in the rows of others.
  private func substitute(for number: Int, _ trial: Int, among given: [CaptionStream.Given]) -> CaptionPair {
    let key = key.fold("substitute").fold(number).fold(trial)
    let near = { (position: Int) in given[key.integer(below: given.count, at: position)] }
    for attempt in 0..<16 {
      let neighbour = near(2 * attempt)
      let sample = key.integer(below: neighbour.pairs.count, at: 2 * attempt + 1)
      guard !given.contains(where: { $0.place == neighbour.place && $0.sample == sample }) else { continue }
      if let pair = try? neighbour.pairs.pair(at: sample) { return pair }
    }
    // There is hardly more than the batch.
    return near(32).pair
  }

  private func decode(_ made: [Row]) -> [Result<Made, any Error>] {
    let results = Mutex([Result<Made, any Error>?](repeating: nil, count: made.count))
    DispatchQueue.concurrentPerform(iterations: min(threads, made.count)) { thread in
      for index in stride(from: thread, to: made.count, by: threads) {
        let (pair, number) = (made[index].pair, made[index].number)
        let result: Result<Made, any Error> = Result {
          try pipeline.image(pair.imageBytes(), name: pair.name, key: key.fold(number))
        }
        results.withLock { $0[index] = result }
      }
    }
    return results.withLock { $0.map { $0! } }
  }

  private func batch(_ made: [Row], _ position: CaptionPosition) -> CaptionBatch {
    CaptionBatch(
      pixels: pipeline.pixels(made.compactMap(\.image)),
      tokens: made.map { tokenizer.tokenize($0.pair.caption, contextLength: contextLength) },
      captions: made.map(\.pair.caption), labels: made.map(\.pair.label), position: position)
  }
}
