public import SubData

/// What one step works on, on the device.
public protocol TrainingBatch {
  /// The number of samples.
  var count: Int { get }
}

/// Where a run's batches come from, in an order that is a function of the seed: what makes a resumed run exact.
public protocol BatchSource: AnyObject {
  associatedtype Batch: TrainingBatch
  /// Batches of one pass over the data; for a stream, what is called one.
  var batchesPerEpoch: Int { get }
  /// The same with batches that are left out because they make no whole update.
  var allBatchesPerEpoch: Int { get }
  /// What the data is, as far as another data would make another run: compared where a run is resumed.
  var identity: JSON { get }
  /// Throws where nothing can be trained on: asked before anything of a new run is written.
  func check() throws
  /// Goes to the batch number `index` (counted from the start of the run). `state` is what `state` said there.
  func seek(_ index: Int, state: JSON?) throws
  /// The next batch.
  func next() throws -> Batch
  /// What decides the coming batches besides their number; `null` for most.
  var state: JSON { get }
}

extension BatchSource {
  public var allBatchesPerEpoch: Int { batchesPerEpoch }
  public var identity: JSON { ["batches_per_epoch": .integer(Int64(batchesPerEpoch))] }
  public func check() throws {}
  public var state: JSON { .null }
}
