extension Backend {
  func batchMoments(_ x: Tensor, mean: Tensor, variance: Tensor) {
    let x = x.asRows
    let centre = x.mean(0, keepingAxes: true)
    let offsets = x - centre
    mean.assign(centre)
    variance.assign((offsets * offsets).mean(0))
  }

  func batchNorm(_ call: BatchNormCall, into y: Tensor) {
    var z = call.normed
    if let path = call.path { z = z * path.factors(like: z) }
    if let shortcut = call.shortcut { z = z + shortcut.asRows }
    y.assign(call.isRectified ? z.maximum(z.constant(0)) : z)
  }

  func batchNormBackward(
    _ call: BatchNormCall, y: Tensor?, dy: Tensor, dz: Tensor?, dx: Tensor?, dweight: Accumulation?,
    dbias: Accumulation?
  ) {
    var passed = dy.asRows
    if call.isRectified {
      let z = y?.asRows ?? call.normed
      passed = passed * z.constant(0).compared(.less, z).converted(to: z.dtype)
    }
    let upstream = call.path.map { passed * $0.factors(like: passed) } ?? passed
    let normal = call.normal
    let (sum, dot) = (upstream.sum(0), (upstream * normal).sum(0))
    dz?.assign(passed)
    if let dx {
      let centred = call.isOfBatch ? upstream - (sum + normal * dot) / Double(call.rows) : upstream
      dx.assign(centred * (call.weight / call.deviation))
    }
    dweight?.add(dot)
    dbias?.add(sum)
  }
}

extension BatchNormCall {
  fileprivate var deviation: Tensor { (variance + epsilon).sqrt() }
  /// [R, D] before weight and bias.
  fileprivate var normal: Tensor { (x.asRows - mean) / deviation }
  /// [R, D] before path, joint and ReLU.
  fileprivate var normed: Tensor { normal * weight + bias }
}
