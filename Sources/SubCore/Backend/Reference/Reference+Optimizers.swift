extension ReferenceBackend {
  func adamW(_ rates: AdamRates, _ segments: [UpdateSegment], _ memory: OptimizerMemory) {
    let (p, g, m, v) = (Elements(memory.p), Elements(memory.g), Elements(memory.m), Elements(memory.v))
    for segment in segments {
      let touched = segment.table?.touched.flagList
      for i in segment.offset..<segment.offset + segment.count {
        let row = segment.table.map { (i - segment.offset) / $0.row }
        let gradient = row.map { touched![$0] == 0 } ?? false ? 0 : rates.gradientScale * g[i]
        let lr = rates.lr * segment.lrScale
        p[i] *= 1 - lr * segment.weightDecay
        m[i] = rates.beta1 * m[i] + (1 - rates.beta1) * gradient
        v[i] = rates.beta2 * v[i] + (1 - rates.beta2) * gradient * gradient
        p[i] -= lr / rates.correction1 * m[i] / ((v[i] / rates.correction2).squareRoot() + rates.epsilon)
      }
      if let table = segment.table, let touched {
        for (row, flag) in touched.enumerated() where flag != 0 { table.ever.pointer(UInt8.self)[row] = 1 }
      }
    }
    if let shadow = memory.shadow { combine(1, memory.p, 0, into: shadow) }
  }

  func sgd(_ rates: SGDRates, _ segments: [UpdateSegment], p: Tensor, g: Tensor, sum: Tensor?, shadow: Tensor?) {
    let (p, g, m) = (Elements(p), Elements(g), sum.map { Elements($0) })
    for segment in segments {
      for i in segment.offset..<segment.offset + segment.count {
        var step = rates.gradientScale * g[i] + segment.weightDecay * p[i]
        if let m {
          m[i] = rates.momentum * m[i] + step
          step = rates.isNesterov ? step + rates.momentum * m[i] : m[i]
        }
        p[i] -= rates.lr * segment.lrScale * step
      }
    }
  }

  func lambDirection(
    _ rates: AdamRates, p: Tensor, g: Tensor, m: Tensor, v: Tensor, weightDecay: Double, into u: Tensor
  ) -> (p: Double, u: Double) {
    let (p, g, m, v, out) = (Elements(p), Elements(g), Elements(m), Elements(v), Elements(u))
    for i in 0..<u.count {
      let gradient = rates.gradientScale * g[i]
      m[i] = rates.beta1 * m[i] + (1 - rates.beta1) * gradient
      v[i] = rates.beta2 * v[i] + (1 - rates.beta2) * gradient * gradient
      out[i] = m[i] / rates.correction1 / ((v[i] / rates.correction2).squareRoot() + rates.epsilon) + weightDecay * p[i]
    }
    return ((0..<u.count).reduce(0) { $0 + p[$1] * p[$1] }, sumOfSquares(u))
  }

  func average(_ values: Tensor, decay: Double, into average: Tensor) {
    let (x, e) = (Elements(values), Elements(average))
    for i in 0..<average.count { e[i] = decay * e[i] + (1 - decay) * x[i] }
  }
}
