extension Backend {
  /// Tables whole: rows without a gradient hold zeros, and so do the moments of rows that never had one.
  func adamW(_ rates: AdamRates, _ segments: [UpdateSegment], _ memory: OptimizerMemory) {
    for segment in segments {
      let (part, lr) = (memory.part(segment), rates.lr * segment.lrScale)
      let direction = rates.direction(part)
      combine(-lr, direction, 1 - lr * segment.weightDecay, into: part.p)
    }
    if let shadow = memory.shadow { convert(memory.p, into: shadow) }
  }

  func sgd(_ rates: SGDRates, _ segments: [UpdateSegment], p: Tensor, g: Tensor, sum: Tensor?, shadow: Tensor?) {
    let whole = p
    for segment in segments {
      let (p, g) = (segment.part(of: p), segment.part(of: g))
      var step = p.like(p.shape)
      step.assign(g)
      if let factor = rates.factor { scale(step, by: factor, 1, into: step) }
      combine(segment.weightDecay, p, 1, into: step)
      if let sum = sum.map({ segment.part(of: $0) }) {
        combine(1, step, rates.momentum, into: sum)
        step = rates.isNesterov ? step + rates.momentum * sum : sum
      }
      combine(-rates.lr * segment.lrScale, step, 1, into: p)
    }
    if let shadow { convert(whole, into: shadow) }
  }

  func lamb(_ rates: AdamRates, lrScale: Double, weightDecay: Double, _ memory: OptimizerMemory) {
    let u = rates.direction(memory)
    combine(weightDecay, memory.p, 1, into: u)
    if weightDecay != 0 {
      let (trust, squares) = (u.like([], dtype: .f64), u.like([], dtype: .f64))
      sumOfSquares([memory.p], into: trust)
      sumOfSquares([u], into: squares)
      scalar(.trust, trust, squares, into: trust)
      scale(u, by: trust, 1, into: u)
    }
    combine(-rates.lr * lrScale, u, 1, into: memory.p)
  }

  func average(_ values: Tensor, decay: Double, into average: Tensor) {
    combine(1 - decay, values, decay, into: average)
  }
}

extension AdamRates {
  /// m̂ / (√v̂ + ε), both moments moved on.
  fileprivate func direction(_ memory: OptimizerMemory) -> Tensor {
    let (g, backend) = (memory.g.like(memory.g.shape), memory.g.backend)
    g.assign(memory.g)
    if let factor { backend.scale(g, by: factor, 1, into: g) }
    backend.combine(1 - beta1, g, beta1, into: memory.m)
    backend.combine(1 - beta2, g * g, beta2, into: memory.v)
    return (1 / correction1 * memory.m) / ((1 / correction2 * memory.v).sqrt() + epsilon)
  }
}

extension UpdateSegment {
  /// This run of an arena.
  fileprivate func part(of arena: Tensor) -> Tensor { arena.slice(from: offset, shape: [count]) }
}

extension OptimizerMemory {
  fileprivate func part(_ segment: UpdateSegment) -> OptimizerMemory {
    OptimizerMemory(
      p: segment.part(of: p), g: segment.part(of: g), m: segment.part(of: m), v: segment.part(of: v),
      shadow: nil)
  }
}
