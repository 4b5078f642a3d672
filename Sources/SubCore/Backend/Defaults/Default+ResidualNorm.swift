extension Backend {
  func residualNorm(_ call: ResidualNormCall, z: Tensor?, y: Tensor?, mean: Tensor?, rstd: Tensor?) {
    var joint = call.x.asRows
    if let h = call.h, let z {
      z.assign(joint.zipped(.add, call.branch(h.asRows, scaled: true)))
      joint = z.asRows
    }
    guard let y, let mean, let rstd else { return }
    let centre = joint.mean(-1, keepingAxes: true)
    let offsets = joint.zipped(.subtract, centre)
    let variance = offsets.zipped(.multiply, offsets).mean(-1, keepingAxes: true)
    let scale = 1 / (variance + call.epsilon).sqrt()
    mean.assign(centre)
    rstd.assign(scale)
    var normal = offsets.zipped(.multiply, scale)
    if let weight = call.weight { normal = normal.zipped(.multiply, weight) }
    y.assign(call.bias.map { normal.zipped(.add, $0) } ?? normal)
  }

  func residualNormBackward(
    _ call: ResidualNormCall, z: Tensor, mean: Tensor?, rstd: Tensor?, dz: Tensor?, dy: Tensor?, dx: Tensor,
    dh: Tensor?, dgamma: Accumulation?, dweight: Accumulation?, dbias: Accumulation?
  ) {
    var total = dz.map { $0.asRows } ?? z.zeros([call.rows, call.width])
    if let dy = dy?.asRows, let mean, let rstd {
      let scale = rstd.reshapedView([call.rows, 1])
      let normal = z.asRows.zipped(.subtract, mean.reshapedView([call.rows, 1])).zipped(.multiply, scale)
      let g = call.weight.map { dy.zipped(.multiply, $0) } ?? dy
      let (meanG, meanGN) = (g.mean(-1, keepingAxes: true), (g * normal).mean(-1, keepingAxes: true))
      total = total + scale * (g - meanG - normal * meanGN)
      if let dweight { columnSum(Matrix(dy * normal), into: dweight) }
      if let dbias { columnSum(Matrix(dy), into: dbias) }
    }
    let upstream = call.branch(total, scaled: false)
    if let dgamma, let h = call.h { columnSum(Matrix(upstream * h.asRows), into: dgamma) }
    dh?.assign(call.gamma.map { upstream.zipped(.multiply, $0) } ?? upstream)
    dx.assign(total)
  }
}

extension ResidualNormCall {
  /// What a branch [R, D] becomes before it is added, LayerScale only where `scaled`; linear, so its own derivative.
  fileprivate func branch(_ h: Tensor, scaled: Bool) -> Tensor {
    var h = h
    if let dropout {
      let dropped = h.like(h.shape)
      dropped.backend.dropout(h, dropout, into: dropped)
      h = dropped
    }
    if scaled, let gamma { h = h.zipped(.multiply, gamma) }
    return path.map { h.zipped(.multiply, $0.factors(like: h)) } ?? h
  }
}
