public import SubData

/// What one step works on, on the device.
public protocol TrainingBatch {
  /// The number of samples.
  var count: Int { get }
  /// The samples of a range, as a batch that knows where in this one they are: what is random about a sample is the same
  /// in it. Nil where this kind of batch cannot be divided.
  func part(_ range: Range<Int>) -> Self?
}

extension TrainingBatch {
  public func part(_ range: Range<Int>) -> Self? { nil }
}

/// Where a run's batches come from, in an order that is a function of the seed: what makes a resumed run exact.
public protocol BatchSource: AnyObject {
  associatedtype Batch: TrainingBatch
  /// Batches of one pass over the data; for a stream, what is called one.
  var batchesPerEpoch: Int { get }
  /// What the data is, as far as another data would make another run: compared where a run is resumed.
  var identity: JSON { get }
  /// Throws where nothing can be trained on: asked before anything of a new run is written.
  func check() throws
  /// Throws where all ranks together passed over more than they may, though none of them did: all ask for it, before a
  /// checkpoint is written.
  func checkSkipped() throws
  /// Goes to the batch number `index` (counted from the start of the run). `state` is what `state` said there.
  func seek(_ index: Int, state: JSON?) throws
  /// The next batch: of several ranks each gets its own rows of it, of a short batch perhaps none.
  func next() throws -> Batch
  /// What decides the coming batches besides their number; `null` for most.
  var state: JSON { get }
  /// A batch of as many samples, each as large as those of a full batch are on average, whatever is in them: by which the
  /// memory of a step is told before there is one. Nil where the source makes none: nothing is told then.
  func example(of count: Int) throws -> Batch?
  /// Samples of a full batch that are this rank's, the bytes that batches in waiting take on the host, and those of one that go
  /// to a device as bytes. Called only where there are examples.
  var fullBatch: (samples: Int, waitingBytes: Int, sentBytes: Int) { get }
}

extension BatchSource {
  public var identity: JSON { ["batches_per_epoch": .integer(Int64(batchesPerEpoch))] }
  public func check() throws {}
  public func checkSkipped() throws {}
  public var state: JSON { .null }
  public func example(of count: Int) throws -> Batch? { nil }
  public var fullBatch: (samples: Int, waitingBytes: Int, sentBytes: Int) { (1, 0, 0) }
}
