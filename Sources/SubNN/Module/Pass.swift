public import SubCore

/// One trip through a network. Everything that differs between training and evaluation, or between the main branch and
/// the sub-branch, travels here; layers have no modes.
public struct Pass: Sendable {
  /// Whether dropout and stochastic depth act.
  public var isTraining: Bool
  /// The random stream of this trip; sites fold their own index into it.
  public var key: RandomKey
  /// The number of the first sample, where those of this trip are a part of a larger batch: what is random about a sample
  /// is the same in whatever part it comes.
  public var firstSample = 0
  /// Whether blocks keep nothing but what comes in and compute the rest again on the way back.
  public var recomputes = false
  /// What the sub-branch (or the `masking` method) hides.
  public var masking: Masking?
  /// DropSub: the rate at the output of attention and MLP, in place of the model's own.
  public var branchDropout: Float?
  /// What batch-norm normalises with, and whether the running statistics move.
  public var statistics: BatchNormStatistics
  /// What batch-norm does in the further branches of a step; nil: the same as in the main one.
  public var branchStatistics: BatchNormStatistics?
  /// Those whose samples together are the batch that batch-norm goes by: this process alone, or all ranks.
  public var statisticsRanks: any Communicator = SingleProcess()
  /// Stochastic depth in place of the model's own.
  public var dropPath: PathRates?

  /// A trip. Batch-norm goes by the batch in training, by the running statistics else, unless told otherwise.
  public init(
    isTraining: Bool, key: RandomKey, masking: Masking? = nil, branchDropout: Float? = nil, dropPath: PathRates? = nil,
    statistics: BatchNormStatistics? = nil, branchStatistics: BatchNormStatistics? = nil
  ) {
    self.isTraining = isTraining
    self.key = key
    self.masking = masking
    self.branchDropout = branchDropout
    self.dropPath = dropPath
    self.statistics = statistics ?? (isTraining ? .batch(updating: true) : .running)
    self.branchStatistics = branchStatistics
  }

  /// Evaluation: nothing random, nothing hidden.
  public static var evaluation: Pass { Pass(isTraining: false, key: RandomKey(seed: 0)) }

  /// The same trip inside part `index`: block, layer.
  public func at(_ index: Int) -> Pass {
    var part = self
    part.key = key.fold(index)
    return part
  }

  /// Dropout at a numbered site, of rows from row `firstRow` of the batch on; nil: there is a row for every sample.
  public func dropout(_ rate: Float, site: Int, firstRow: Int? = nil) -> Dropout? {
    guard isTraining, var dropout = Dropout(rate, key.fold(site)) else { return nil }
    dropout.firstRow = firstRow ?? firstSample
    return dropout
  }

  /// Dropout at the output of attention or MLP: the rate that DropSub replaces.
  public func branchDropout(_ rate: Float, site: Int, firstRow: Int? = nil) -> Dropout? {
    dropout(branchDropout ?? rate, site: site, firstRow: firstRow)
  }

  /// Stochastic depth at a numbered site of a block: the rate that PathSub replaces.
  ///
  /// - Parameter depth: how deep the block stands: 0 the first of the network, 1 the last.
  public func dropPath(_ rate: Float, depth: Float, site: Int, samples: Segments) -> DropPath? {
    let rate = dropPath?.rate(at: depth) ?? rate
    guard isTraining, var path = DropPath(rate, key.fold(site), samples: samples) else { return nil }
    path.firstSample = firstSample
    return path
  }
}

/// Rates of stochastic depth for all blocks of a network.
public enum PathRates: Sendable {
  /// The same in every block.
  case everywhere(Float)
  /// From 0 in the first block to a rate in the last, in equal steps.
  case rising(to: Float)

  /// The rate of a block; 0 is the first of the network, 1 the last.
  func rate(at depth: Float) -> Float {
    switch self {
    case .everywhere(let rate): rate
    case .rising(let rate): rate * depth
    }
  }
}
