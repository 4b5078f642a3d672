/// LayerNorm's parameters.
public struct NormParameters {
  /// Scale and shift, [D].
  public let weight, bias: Tensor
  /// Added to the variance.
  public let epsilon: Double

  /// weight [D], bias [D].
  public init(weight: Tensor, bias: Tensor, epsilon: Double) {
    self.weight = weight
    self.bias = bias
    self.epsilon = epsilon
  }
}

/// What happens to a branch before it is added to the residual stream: LayerScale [D], dropout, stochastic depth.
public struct BranchOptions {
  /// LayerScale, [D]; nil: none.
  public var gamma: Tensor?
  /// Of the branch's features; nil: none.
  public var dropout: Dropout?
  /// Stochastic depth of whole samples; nil: none.
  public var path: DropPath?

  /// Plain addition unless told otherwise.
  public init(gamma: Tensor? = nil, dropout: Dropout? = nil, path: DropPath? = nil) {
    self.gamma = gamma
    self.dropout = dropout
    self.path = path
  }
}

extension Tensor {
  /// LayerNorm over the last axis, biased variance: [..., D] → [..., D]. Statistics are saved, not tensors. Computed in
  /// f32; so is the result, or, `lowered`, in the type in which the set of the norm's weights computes: for what only
  /// products read.
  public func layerNorm(_ norm: NormParameters, lowered: Bool = false) -> Tensor {
    residualNorm(nil, BranchOptions(), norm, lowered: lowered).normed!
  }

  /// `x + path · gamma ⊙ dropout(branch)`: [..., D] → [..., D], in x's type, which is f32.
  public func adding(branch: Tensor, _ options: BranchOptions = BranchOptions()) -> Tensor {
    residualNorm(branch, options, nil, lowered: false).joint
  }

  /// The joint and its LayerNorm in one pass: what a pre-norm block hands to the next one. `lowered` as for `layerNorm`.
  public func adding(branch: Tensor, _ options: BranchOptions, thenNorm norm: NormParameters, lowered: Bool = false)
    -> (joint: Tensor, normed: Tensor)
  {
    let (joint, normed) = residualNorm(branch, options, norm, lowered: lowered)
    return (joint, normed!)
  }

  private func residualNorm(_ h: Tensor?, _ options: BranchOptions, _ norm: NormParameters?, lowered: Bool) -> (
    joint: Tensor, normed: Tensor?
  ) {
    guard dtype != .bf16 else { return widened.residualNorm(h, options, norm, lowered: lowered) }
    let width = shape.columns
    precondition(h == nil || h!.shape == shape, "adding branch: x \(shape), branch \(h!.shape)")
    precondition(
      options.gamma == nil || options.gamma!.count == width, "adding branch: x \(shape), gamma \(options.gamma!.shape)")
    precondition(norm == nil || norm!.weight.count == width, "layerNorm: x \(shape), weight \(norm!.weight.shape)")
    precondition(
      options.path == nil || options.path!.samples.rows == shape.rows, "adding branch: rows of stochastic depth")
    let call = ResidualNormCall(
      x: detached(), h: h?.detached(), gamma: options.gamma?.detached(), dropout: options.dropout, path: options.path,
      weight: norm?.weight.detached(), bias: norm?.bias.detached(), epsilon: norm?.epsilon ?? 0)
    let z = h == nil ? detached() : like(shape)
    let y = norm.map { like(shape, dtype: lowered ? $0.weight.productType : dtype) }
    let mean = norm == nil ? nil : like([shape.rows])
    let rstd = norm == nil ? nil : like([shape.rows])
    backend.residualNorm(call, z: h == nil ? nil : z, y: y, mean: mean, rstd: rstd)
    let outputs = Tape.record(
      "residualNorm", [self, h, options.gamma, norm?.weight, norm?.bias], outputs: [z, y ?? z]
    ) { vjp in
      ResidualNormGradient(call: call, z: z, mean: mean, rstd: rstd, branch: h?.dtype ?? z.dtype).run(vjp)
    }
    return (outputs[0], norm == nil ? nil : outputs[1])
  }
}

/// The derivative of a residual joint with its norm: dz = dz + LN'(dy), dx = dz, dbranch = path · gamma ⊙ dropout'(dz).
private struct ResidualNormGradient {
  // The forward's x is not needed where there was a branch: only the joint is.
  let rows: ResidualNormCall
  let z: Tensor
  let mean, rstd: Tensor?
  /// The branch's type.
  let branch: DType

  init(call: ResidualNormCall, z: Tensor, mean: Tensor?, rstd: Tensor?, branch: DType) {
    self.branch = branch
    rows = ResidualNormCall(
      x: z, h: call.gamma == nil && call.h != nil ? z : call.h, gamma: call.gamma, dropout: call.dropout,
      path: call.path, weight: call.weight, bias: call.bias, epsilon: call.epsilon)
    self.z = z
    self.mean = mean
    self.rstd = rstd
  }

  func run(_ vjp: VJP) {
    var dz = vjp.take(0)
    let dy = mean == nil ? nil : vjp.take(1)
    let isIdentity = rows.gamma == nil && rows.dropout == nil && rows.path == nil
    if dy == nil && isIdentity {
      // A plain addition hands its gradient through.
      vjp.give(0, dz!)
      vjp.give(1, dz!.lowered(to: branch))
      return
    }
    let dx = dz == nil ? z.like(z.shape) : dz!.reusable()
    // In a lower type it is another tensor in any case, best written where the sum is at hand.
    let dh = vjp.wants(1) && (!isIdentity || branch != z.dtype) ? z.like(z.shape, dtype: branch) : nil
    vjp.offer(2, like: rows.gamma) { dgamma in
      vjp.offer(3, like: dy == nil ? nil : rows.weight) { dweight in
        vjp.offer(4, like: dy == nil ? nil : rows.bias) { dbias in
          z.backend.residualNormBackward(
            rows, z: z, mean: dy == nil ? nil : mean, rstd: dy == nil ? nil : rstd, dz: dz, dy: dy, dx: dx, dh: dh,
            dgamma: dgamma, dweight: dweight, dbias: dbias)
        }
      }
    }
    dz = nil
    vjp.give(1, dh ?? dx.lowered(to: branch))
    vjp.give(0, dx)
  }
}
