public import SubCore

/// One trip through a network. Everything that differs between training and evaluation, or between the main branch and
/// the sub-branch, travels here; layers have no modes.
public struct Pass: Sendable {
  /// Whether dropout and stochastic depth act.
  public var isTraining: Bool
  /// The random stream of this trip; sites fold their own index into it.
  public var key: RandomKey
  /// What the sub-branch (or the `masking` method) hides.
  public var masking: Masking?
  /// DropSub: the rate at the output of attention and MLP, in place of the model's own.
  public var branchDropout: Float?
  /// What batch-norm normalises with, and whether the running statistics move.
  public var statistics: BatchNormStatistics
  /// What batch-norm does in the further branches of a step; nil: the same as in the main one.
  public var branchStatistics: BatchNormStatistics?
  /// PathSub: the stochastic depth of every block, in place of the model's own.
  public var dropPath: Float?

  /// A trip. Batch-norm goes by the batch in training, by the running statistics else, unless told otherwise.
  public init(
    isTraining: Bool, key: RandomKey, masking: Masking? = nil, branchDropout: Float? = nil, dropPath: Float? = nil,
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

  /// Dropout at a numbered site.
  public func dropout(_ rate: Float, site: Int) -> Dropout? {
    isTraining ? Dropout(rate, key.fold(site)) : nil
  }

  /// Dropout at the output of attention or MLP: the rate that DropSub replaces.
  public func branchDropout(_ rate: Float, site: Int) -> Dropout? { dropout(branchDropout ?? rate, site: site) }

  /// Stochastic depth at a numbered site: the rate that PathSub replaces.
  public func dropPath(_ rate: Float, site: Int, samples: Segments) -> DropPath? {
    isTraining ? DropPath(dropPath ?? rate, key.fold(site), samples: samples) : nil
  }
}
