extension ReferenceBackend {
  func residualNorm(_ call: ResidualNormCall, z: Tensor?, y: Tensor?, mean: Tensor?, rstd: Tensor?) {
    let width = call.width
    let path = call.pathFactors()
    for row in 0..<call.rows {
      var joint = (0..<width).map { Elements(call.x)[row * width + $0] }
      if let h = call.h {
        for column in 0..<width {
          let position = row * width + column
          joint[column] += path[row] * call.gain(column) * call.dropFactor(at: position) * Elements(h)[position]
          Elements(z!)[position] = joint[column]
        }
        // The norm sees what was stored, so that f32 rounding is the kernels'.
        joint = (0..<width).map { Elements(z!)[row * width + $0] }
      }
      guard let y, let mean, let rstd else { continue }
      let centre = joint.reduce(0, +) / Double(width)
      let variance = joint.reduce(0) { $0 + ($1 - centre) * ($1 - centre) } / Double(width)
      let scale = 1 / (variance + call.epsilon).squareRoot()
      Elements(mean)[row] = centre
      Elements(rstd)[row] = scale
      for column in 0..<width {
        Elements(y)[row * width + column] =
          (joint[column] - centre) * scale * (call.weight.map { Elements($0)[column] } ?? 1)
          + (call.bias.map { Elements($0)[column] } ?? 0)
      }
    }
  }

  func residualNormBackward(
    _ call: ResidualNormCall, z: Tensor, mean: Tensor?, rstd: Tensor?, dz: Tensor?, dy: Tensor?, dx: Tensor,
    dh: Tensor?, dgamma: Accumulation?, dweight: Accumulation?, dbias: Accumulation?
  ) {
    let width = call.width
    let path = call.pathFactors()
    var sums = [dgamma, dweight, dbias].map { $0.map { _ in [Double](repeating: 0, count: width) } }
    for row in 0..<call.rows {
      var total = (0..<width).map { column in dz.map { Elements($0)[row * width + column] } ?? 0 }
      if let dy, let mean, let rstd {
        let (centre, scale) = (Elements(mean)[row], Elements(rstd)[row])
        let normal = (0..<width).map { (Elements(z)[row * width + $0] - centre) * scale }
        let upstream = (0..<width).map { Elements(dy)[row * width + $0] }
        let g = (0..<width).map { upstream[$0] * (call.weight.map { w in Elements(w) }?[$0] ?? 1) }
        let meanG = g.reduce(0, +) / Double(width)
        let meanGN = zip(g, normal).reduce(0) { $0 + $1.0 * $1.1 } / Double(width)
        for column in 0..<width {
          total[column] += scale * (g[column] - meanG - normal[column] * meanGN)
          sums[1]?[column] += upstream[column] * normal[column]
          sums[2]?[column] += upstream[column]
        }
      }
      for column in 0..<width {
        let position = row * width + column
        Elements(dx)[position] = total[column]
        let kept = path[row] * call.dropFactor(at: position)
        if let h = call.h { sums[0]?[column] += total[column] * kept * Elements(h)[position] }
        if let dh { Elements(dh)[position] = total[column] * kept * call.gain(column) }
      }
    }
    for (target, sum) in zip([dgamma, dweight, dbias], sums) {
      guard let target, let sum else { continue }
      let out = Elements(target.tensor)
      for column in 0..<width { out[column] = sum[column] + (target.beta == 0 ? 0 : target.beta * out[column]) }
    }
  }
}

extension ResidualNormCall {
  fileprivate func gain(_ column: Int) -> Double { gamma.map { Elements($0)[column] } ?? 1 }

  /// Dropout's factor of an element of the branch.
  fileprivate func dropFactor(at position: Int) -> Double {
    dropout.map { $0.factor(at: $0.firstRow * width + position) } ?? 1
  }

  /// Stochastic depth's factor of every row.
  fileprivate func pathFactors() -> [Double] { path?.factors() ?? Array(repeating: 1, count: rows) }
}
