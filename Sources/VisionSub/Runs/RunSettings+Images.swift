import SubCore
public import SubTrain

extension RunSettings {
  /// Threads that prepare images: half of the cores, of those that a rank has, at most 8, unless told otherwise.
  public var imageWorkers: Int {
    workers ?? max(1, min(8, Processor.cores(of: ranks) / 2))
  }
}
