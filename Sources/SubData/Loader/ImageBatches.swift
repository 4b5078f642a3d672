public import SubCore
internal import Synchronization

/// Makes any batch of a run: source, sampler, pipeline and mixing together. Every batch is a function of its number.
public final class ImageBatches: Sendable {
  /// Where the pictures come from.
  public let source: any ImageSource
  /// Which pictures make which batch.
  public let sampler: ImageSampler
  /// What happens to each picture.
  public let pipeline: ImagePipeline
  /// What happens to a batch; nil leaves it alone and makes no targets.
  public let mixing: BatchMixing?
  /// How often every picture of a batch is in it, each time augmented anew: first all of them, then all of them again.
  public let copies: Int
  /// The pictures that could not be read.
  public let broken: BrokenImages
  /// The processes that share every batch, each with its rows of it.
  public let ranks: any Communicator
  private let orders = Mutex<[(epoch: Int, order: [Int])]>([])

  /// The parts of a run's data. `sampler.count` must be the source's.
  public init(
    source: any ImageSource, sampler: ImageSampler, pipeline: ImagePipeline, mixing: BatchMixing? = nil,
    copies: Int = 1, broken: BrokenImages = BrokenImages(limit: 100), ranks: any Communicator = SingleProcess()
  ) {
    precondition(sampler.count == source.count, "ImageBatches: \(sampler.count) of \(source.count) pictures")
    precondition(copies > 0, "ImageBatches: \(copies) copies")
    self.source = source
    self.sampler = sampler
    self.pipeline = pipeline
    self.mixing = mixing
    self.copies = copies
    self.broken = broken
    self.ranks = ranks
  }

  /// Pictures of a full batch, copies too.
  public var batchSize: Int { sampler.batchSize * copies }
  /// Those of them that are a rank's own.
  public var ownSize: Int { ranks.rows(of: batchSize, at: 0).count }
  /// The most pictures that a rank makes of a batch: partners that are another rank's as well.
  public var madeSize: Int {
    guard let mixing, mixing.parts % ranks.count != 0 else { return ownSize }
    return min(batchSize, 2 * ownSize)
  }

  /// Batches per epoch.
  public var perEpoch: Int { sampler.batchesPerEpoch }

  /// A loader that delivers the batches from `start` to `end`, counted over all epochs from the beginning of the run.
  public func loader(from start: Int = 0, to end: Int, workers: Int, ahead: Int? = nil) -> Loader<ImageBatch> {
    Loader(start..<max(start, end), workers: workers, ahead: ahead) { try self.batch($0) }
  }

  /// Batch `index` of the run: number `index % perEpoch` of epoch `index / perEpoch`.
  ///
  /// A broken picture is noted; in training (where order is random) another one takes its place, in evaluation the
  /// batch is smaller. Throws `InputError` when too many are broken.
  ///
  /// Of several ranks each makes its own rows, the same as in the whole batch, and where pictures are mixed their partners
  /// too.
  public func batch(_ index: Int) throws -> ImageBatch {
    precondition(perEpoch > 0, "ImageBatches: \(sampler.epochCount) pictures make no batch of \(sampler.batchSize)")
    let (epoch, number) = (index / perEpoch, index % perEpoch)
    let order = order(epoch: epoch)
    let places = sampler.places(batch: number)
    let total = places.count * copies
    let own = ranks.rows(of: total)
    let parts = (0..<(mixing?.parts ?? 1)).compactMap { part -> (rows: Range<Int>, own: Range<Int>, mix: MixPlan?)? in
      let rows = mixing?.rows(ofPart: part, of: total) ?? 0..<total
      let ownRows = own.clamped(to: rows)
      guard !ownRows.isEmpty || mixing == nil else { return nil }
      let mix = mixing.map {
        $0.plan(
          width: pipeline.size, height: pipeline.size, key: sampler.mixKey(epoch: epoch, batch: number), part: part)
      }
      return (rows, ownRows, mix)
    }
    let batches = try parts.map { rows, own, mix in
      // The partner of a row is the one as far from the end: what is made is the same backwards, a batch of its own.
      let made =
        (mix ?? MixPlan.none) == MixPlan.none
        ? Array(own) : Set(own).union(own.map { rows.lowerBound + rows.upperBound - 1 - $0 }).sorted()
      var pictures: [(index: Int, image: RGBImage, plan: AugmentPlan)] = []
      for row in made {
        let (copy, place) = (row / places.count, places.lowerBound + row % places.count)
        let key = sampler.key(epoch: epoch, place: place)
        if let made = try picture(order[place], copy == 0 ? key : key.fold("copy").fold(copy)) { pictures.append(made) }
      }
      let batch = assemble(pictures, mix, epoch: epoch, number: number)
      guard let start = made.firstIndex(of: own.lowerBound), made.count > own.count else { return batch }
      return batch.rows(start..<start + own.count)
    }
    var batch = ImageBatch.joined(batches)
    batch.first = own.lowerBound
    return batch
  }

  private func picture(_ wanted: Int, _ key: RandomKey) throws -> (index: Int, image: RGBImage, plan: AugmentPlan)? {
    var index = wanted
    var attempt = 0
    while true {
      do {
        let (image, plan) = try pipeline.image(source.image(at: index), key: key)
        return (index, image, plan)
      } catch let error as InputError {
        try broken.note(error, name: source.name(of: index))
        guard sampler.shuffles else { return nil }
        index = key.fold("replacement").integer(below: source.count, at: attempt)
        attempt += 1
        guard attempt <= 1000 else { throw error }
      }
    }
  }

  private func assemble(
    _ pictures: [(index: Int, image: RGBImage, plan: AugmentPlan)], _ mix: MixPlan?, epoch: Int, number: Int
  ) -> ImageBatch {
    let labels = pictures.map { source.labels[$0.index] }
    var images = pictures.map(\.image)
    // What is mixed as bytes is not mixed as numbers.
    let mixesBytes = mixing?.mixesBytes == true
    if let mix, mixesBytes { mix.apply(to: &images) }
    let pixels = pipeline.pixels(
      zip(images, pictures).map { ($0, $1.plan) }, mixing: mixesBytes ? .none : mix ?? .none)
    return ImageBatch(
      pixels: [pixels], own: 0..<pictures.count, labels: labels,
      targets: mix.map {
        $0.targets(labels: labels, classes: source.classNames.count, smoothing: mixing?.smoothing ?? 0)
      },
      indices: pictures.map(\.index), epoch: epoch, number: number)
  }

  /// The order of an epoch; the last few are kept, since workers run ahead into the next one.
  private func order(epoch: Int) -> [Int] {
    if let known = orders.withLock({ $0.first { $0.epoch == epoch }?.order }) { return known }
    let order = sampler.order(epoch: epoch)
    orders.withLock { kept in
      guard !kept.contains(where: { $0.epoch == epoch }) else { return }
      kept.append((epoch, order))
      if kept.count > 3 { kept.removeFirst() }
    }
    return order
  }
}
