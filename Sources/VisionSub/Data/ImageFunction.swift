public import SubCore
public import SubData

/// A function of pictures, [N, 3, S, S] → [N, K], for all pictures of a source: classifier's logits, features.
public struct ImageFunction {
  /// How pictures become its input.
  public let pipeline: ImagePipeline
  private let batchSize, workers, maxBroken: Int
  private let device: Device
  private let compute: (Tensor) -> Tensor

  /// A function. More than `maxBroken` unreadable pictures are an error.
  public init(
    _ pipeline: ImagePipeline, batchSize: Int = 64, workers: Int, maxBroken: Int = 100, on device: Device,
    _ compute: @escaping (Tensor) -> Tensor
  ) {
    (self.pipeline, self.batchSize, self.workers, self.maxBroken) = (pipeline, batchSize, workers, maxBroken)
    (self.device, self.compute) = (device, compute)
  }

  /// Calls `body` with the place in the source and the row of every picture, in order; says which could not be read.
  public func callAsFunction(
    _ images: any ImageSource, _ body: (_ index: Int, _ row: ArraySlice<Float>) throws -> Void
  ) throws -> BrokenImages {
    let broken = BrokenImages(limit: maxBroken)
    guard images.count > 0 else { return broken }
    let sampler = ImageSampler(count: images.count, batchSize: batchSize, seed: 0, shuffles: false, dropsLast: false)
    let batches = ImageBatches(source: images, sampler: sampler, pipeline: pipeline, broken: broken)
    let loader = batches.loader(to: batches.perEpoch, workers: workers)
    defer { loader.cancel() }
    while let batch = try loader.next() {
      try Interruption.check()
      guard batch.count > 0 else { continue }
      let rows = Tape.withoutRecording { compute(Tensor(batch.pixels, on: device)).floats() }
      let width = rows.count / batch.count
      for (place, index) in batch.indices.enumerated() { try body(index, rows[place * width..<(place + 1) * width]) }
    }
    return broken
  }
}
