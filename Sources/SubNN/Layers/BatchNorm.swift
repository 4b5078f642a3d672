public import SubCore

/// Batch normalisation (Ioffe and Szegedy 2015). Keys: `weight`, `bias`, `running_mean`, `running_var`, [D] each.
public final class BatchNorm: Module {
  /// The scale, [D].
  public let weight: Parameter
  /// The shift, [D].
  public let bias: Parameter
  /// What evaluation normalises with, [D]: mean and unbiased variance as they were over past batches.
  public let runningMean, runningVar: Buffer
  private let epsilon, momentum: Double

  /// Over `width` channels; torch's ε and momentum.
  public init(_ width: Int, scale: Double = 1, epsilon: Double = 1e-5, momentum: Double = 0.1) {
    weight = Parameter([width], .constant(scale))
    bias = Parameter([width], .zeros)
    runningMean = Buffer([width], filledWith: 0)
    runningVar = Buffer([width], filledWith: 1)
    (self.epsilon, self.momentum) = (epsilon, momentum)
  }

  /// [..., D] → [..., D], and what `options` puts behind it, by the statistics of the pass.
  public func callAsFunction(_ x: Tensor, _ pass: Pass, _ options: BatchNormOptions = BatchNormOptions()) -> Tensor {
    let norm = BatchNormParameters(
      weight: weight.tensor, bias: bias.tensor, runningMean: runningMean.value, runningVariance: runningVar.value,
      epsilon: epsilon, momentum: momentum)
    return x.batchNorm(norm, pass.statistics, options, over: pass.statisticsRanks)
  }
}
