/// Batch-norm's parameters and running statistics (Ioffe and Szegedy 2015).
public struct BatchNormParameters {
  /// Scale and shift, [D].
  public let weight, bias: Tensor
  /// Mean and unbiased variance as they were over past batches, [D]: written in place.
  public let runningMean, runningVariance: Tensor
  /// Added to the variance.
  public let epsilon: Double
  /// The share of the newest batch in the running statistics.
  public let momentum: Double

  /// [D] each; torch's epsilon and momentum unless told otherwise.
  public init(
    weight: Tensor, bias: Tensor, runningMean: Tensor, runningVariance: Tensor, epsilon: Double = 1e-5,
    momentum: Double = 0.1
  ) {
    (self.weight, self.bias) = (weight, bias)
    (self.runningMean, self.runningVariance) = (runningMean, runningVariance)
    (self.epsilon, self.momentum) = (epsilon, momentum)
  }
}

/// What batch-norm normalises with.
public enum BatchNormStatistics: Sendable {
  /// The batch's own mean and biased variance; `updating`: the running statistics move towards them.
  case batch(updating: Bool)
  /// The running statistics: evaluation.
  case running
}

/// What follows batch-norm in the same pass over memory.
public struct BatchNormOptions {
  /// Added behind the norm, of x's shape: the residual joint.
  public var shortcut: Tensor?
  /// Stochastic depth of whole samples, before the joint.
  public var path: DropPath?
  /// A ReLU behind it all.
  public var isRectified: Bool

  /// The norm alone unless told otherwise.
  public init(shortcut: Tensor? = nil, path: DropPath? = nil, isRectified: Bool = false) {
    (self.shortcut, self.path, self.isRectified) = (shortcut, path, isRectified)
  }
}

extension Tensor {
  /// Batch-norm over all rows: [..., D] → [..., D], and what `options` puts behind it. Mean and variance are joined in
  /// f64 from blocks in f32, as are the sums of the derivative; they are saved, not the normalised tensor. The result, and
  /// the shortcut, have x's type.
  public func batchNorm(
    _ norm: BatchNormParameters, _ statistics: BatchNormStatistics, _ options: BatchNormOptions = BatchNormOptions()
  ) -> Tensor {
    let width = shape.columns
    precondition(
      [norm.weight, norm.bias, norm.runningMean, norm.runningVariance].allSatisfy { $0.count == width },
      "batchNorm: x \(shape), weight \(norm.weight.shape), running mean \(norm.runningMean.shape)")
    precondition(
      options.shortcut == nil || options.shortcut!.shape == shape,
      "batchNorm: x \(shape), shortcut \(options.shortcut!.shape)")
    precondition(
      options.path == nil || options.path!.samples.rows == shape.rows, "batchNorm: rows of stochastic depth")
    if let shortcut = options.shortcut, shortcut.dtype != dtype {
      var options = options
      options.shortcut = shortcut.converted(to: dtype)
      return batchNorm(norm, statistics, options)
    }
    let (mean, variance, isOfBatch) = moments(norm, statistics)
    let call = BatchNormCall(
      x: detached(), mean: mean, variance: variance, weight: norm.weight.detached(), bias: norm.bias.detached(),
      epsilon: norm.epsilon, isOfBatch: isOfBatch, isRectified: options.isRectified,
      shortcut: options.shortcut?.detached(), path: options.path)
    let y = like(shape)
    backend.batchNorm(call, into: y)
    return Tape.record("batchNorm", [self, norm.weight, norm.bias, options.shortcut], output: y) { vjp in
      BatchNormGradient(call, y).run(vjp)
    }
  }

  /// Mean and variance to normalise with, and whether they depend on x. Running statistics may move on before the
  /// backward pass has read them: they are copied.
  private func moments(_ norm: BatchNormParameters, _ statistics: BatchNormStatistics) -> (Tensor, Tensor, Bool) {
    let (mean, variance) = (norm.weight.like([shape.columns]), norm.weight.like([shape.columns]))
    switch statistics {
    case .running:
      backend.combine(1, norm.runningMean, 0, into: mean)
      backend.combine(1, norm.runningVariance, 0, into: variance)
      return (mean, variance, false)
    case .batch(let updating):
      let rows = shape.rows
      precondition(rows > 1, "batchNorm: a batch of \(rows) rows has no variance")
      backend.batchMoments(detached(), mean: mean, variance: variance)
      if updating {
        let (share, unbiased) = (norm.momentum, Double(rows) / Double(rows - 1))
        backend.combine(share, mean, 1 - share, into: norm.runningMean)
        backend.combine(share * unbiased, variance, 1 - share, into: norm.runningVariance)
      }
      return (mean, variance, true)
    }
  }
}

/// The derivative of batch-norm with its joint and ReLU: dz = dy where z > 0, dshortcut = dz, dx = BN'(path · dz).
private struct BatchNormGradient {
  // The forward's shortcut is not read again, only whether there was one.
  let call: BatchNormCall
  let hasShortcut: Bool
  /// What the ReLU behind a joint passed; without a joint its sign is worked out from x.
  let y: Tensor?

  init(_ call: BatchNormCall, _ y: Tensor) {
    hasShortcut = call.shortcut != nil
    self.y = hasShortcut && call.isRectified ? y : nil
    self.call = BatchNormCall(
      x: call.x, mean: call.mean, variance: call.variance, weight: call.weight, bias: call.bias,
      epsilon: call.epsilon, isOfBatch: call.isOfBatch, isRectified: call.isRectified, shortcut: nil, path: call.path)
  }

  func run(_ vjp: VJP) {
    var dy = vjp.take()
    let dz = y == nil ? nil : dy.reusable()
    let dx = !vjp.wants(0) ? nil : hasShortcut ? dy.like(dy.shape) : dy.reusable()
    let run = { (dweight: Accumulation?, dbias: Accumulation?) in
      dy.backend.batchNormBackward(call, y: y, dy: dy, dz: dz, dx: dx, dweight: dweight, dbias: dbias)
    }
    collect(vjp, 1, call.weight) { dweight in collect(vjp, 2, call.bias) { run(dweight, $0) } }
    if hasShortcut { vjp.give(3, dz ?? dy) }
    if let dx { vjp.give(0, dx) }
  }

  private func collect(_ vjp: VJP, _ input: Int, _ parameter: Tensor, _ body: (Accumulation?) -> Void) {
    guard vjp.wants(input) else { return body(nil) }
    vjp.accumulate(input, like: parameter) { body($0) }
  }
}
