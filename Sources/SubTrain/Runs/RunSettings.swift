public import SubCore

/// What a run is told besides its recipe, data, model and method: where it computes, and what it keeps.
public struct RunSettings: Sendable {
  /// Fixes everything random.
  public var seed: Int
  /// Where the network computes.
  public var device: Device
  /// The type in which it computes.
  public var precision: Precision
  /// Threads that prepare data; nil: as many as suit it.
  public var workers: Int?
  /// Checkpoints that stay.
  public var keep: Int
  /// Whether the checkpoint of the best evaluation stays too.
  public var keepsBest: Bool
  /// Bytes that the process may have; nil: what the machine gives.
  public var memory: Int?
  /// Whether the branches' own gradient norms and the loss of masked inputs are measured, too.
  public var analyze: Bool
  /// The processes that make the run together.
  public var ranks: any Communicator

  /// Settings of a run.
  public init(
    seed: Int = 0, device: Device = .cpu, precision: Precision = .fp32, workers: Int? = nil, keep: Int = 1,
    keepsBest: Bool = false, memory: Int? = nil, analyze: Bool = false,
    ranks: any Communicator = SingleProcess()
  ) {
    (self.seed, self.device, self.precision, self.workers) = (seed, device, precision, workers)
    (self.keep, self.keepsBest, self.memory, self.analyze) = (keep, keepsBest, memory, analyze)
    self.ranks = ranks
  }
}
