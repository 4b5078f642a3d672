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
  ///
  /// A batch's statistics are those of the rows of all `ranks` together, and so is the derivative through them: all ranks
  /// make both trips.
  public func batchNorm(
    _ norm: BatchNormParameters, _ statistics: BatchNormStatistics, _ options: BatchNormOptions = BatchNormOptions(),
    over ranks: any Communicator = SingleProcess()
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
      return batchNorm(norm, statistics, options, over: ranks)
    }
    let (mean, variance, batchRows) = moments(norm, statistics, ranks)
    let call = BatchNormCall(
      x: detached(), mean: mean, variance: variance, weight: norm.weight.detached(), bias: norm.bias.detached(),
      epsilon: norm.epsilon, isOfBatch: batchRows != nil && ranks.isAlone, isRectified: options.isRectified,
      shortcut: options.shortcut?.detached(), path: options.path)
    let y = like(shape)
    backend.batchNorm(call, into: y)
    return Tape.record("batchNorm", [self, norm.weight, norm.bias, options.shortcut], output: y) { vjp in
      let gradient = BatchNormGradient(call, y)
      if let batchRows, !ranks.isAlone { gradient.run(vjp, of: batchRows, over: ranks) } else { gradient.run(vjp) }
    }
  }

  /// Mean and variance to normalise with and, where they are the batch's, its rows. Running statistics may move on before
  /// the backward pass has read them: they are copied.
  private func moments(
    _ norm: BatchNormParameters, _ statistics: BatchNormStatistics, _ ranks: any Communicator
  ) -> (mean: Tensor, variance: Tensor, batchRows: Int?) {
    let (mean, variance) = (norm.weight.like([shape.columns]), norm.weight.like([shape.columns]))
    switch statistics {
    case .running:
      backend.combine(1, norm.runningMean, 0, into: mean)
      backend.combine(1, norm.runningVariance, 0, into: variance)
      return (mean, variance, nil)
    case .batch(let updating):
      backend.batchMoments(detached(), mean: mean, variance: variance)
      let rows = ranks.joinMoments(mean, variance, rows: shape.rows)
      precondition(rows > 1, "batchNorm: a batch of \(rows) rows has no variance")
      if updating {
        let (share, unbiased) = (norm.momentum, Double(rows) / Double(rows - 1))
        backend.combine(share, mean, 1 - share, into: norm.runningMean)
        backend.combine(share * unbiased, variance, 1 - share, into: norm.runningVariance)
      }
      return (mean, variance, rows)
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
    pass(
      vjp,
      sums: { sum in
        vjp.offer(1, like: call.weight) { dweight in vjp.offer(2, like: call.bias) { sum(dweight, $0) } }
      })
  }

  /// The derivative where the statistics are of `rows` rows of all ranks. Through the statistics go the sums of all ranks
  /// of Σ du and Σ du · x̂, du = path · dz, which weight and bias have of their own rank:
  ///
  ///     dx = weight/σ · du − weight/σ · (Σ du + x̂ · Σ du · x̂) / rows
  ///
  /// The second part is a batch-norm of x by the same statistics with other weights, and the first its joint.
  func run(_ vjp: VJP, of rows: Int, over ranks: any Communicator) {
    let (width, weight) = (call.width, call.weight)
    let own = weight.like([2 * width])
    func halves(_ sums: Tensor) -> (dweight: Tensor, dbias: Tensor) {
      (sums.slice(from: 0, shape: [width]), sums.slice(from: width, shape: [width]))
    }
    func addSums(_ sum: (Accumulation?, Accumulation?) -> Void) {
      let (dweight, dbias) = halves(own)
      sum(Accumulation(tensor: dweight, beta: 0), Accumulation(tensor: dbias, beta: 0))
      vjp.give(1, dweight)
      vjp.give(2, dbias)
    }
    func throughStatistics(_ dx: Tensor) -> Tensor {
      let all = own.like(own.shape)
      all.backend.combine(1, own, 0, into: all)
      ranks.sum(all)
      let slope = weight / (call.variance + call.epsilon).sqrt() * (-1 / Double(rows))
      let (dot, sum) = halves(all)
      let whole = dx.like(dx.shape)
      let part = BatchNormCall(
        x: call.x, mean: call.mean, variance: call.variance, weight: slope * dot, bias: slope * sum,
        epsilon: call.epsilon, isOfBatch: false, isRectified: false, shortcut: dx, path: nil)
      dx.backend.batchNorm(part, into: whole)
      return whole
    }
    pass(vjp, sums: addSums, throughStatistics)
  }

  /// What both have in common. `sums` is given what adds up the derivatives of weight and bias, and calls it; `rest` is what
  /// becomes of dx behind it.
  private func pass(
    _ vjp: VJP, sums: ((_ dweight: Accumulation?, _ dbias: Accumulation?) -> Void) -> Void,
    _ rest: (_ dx: Tensor) -> Tensor = { $0 }
  ) {
    var dy = vjp.take()
    let dz = y == nil ? nil : dy.reusable()
    let dx = !vjp.wants(0) ? nil : hasShortcut ? dy.like(dy.shape) : dy.reusable()
    sums { [dy] dweight, dbias in
      dy.backend.batchNormBackward(call, y: y, dy: dy, dz: dz, dx: dx, dweight: dweight, dbias: dbias)
    }
    if hasShortcut { vjp.give(3, dz ?? dy) }
    if let dx { vjp.give(0, rest(dx)) }
  }
}
