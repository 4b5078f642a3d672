internal import CSubKernels

extension CPUBackend {
  func adamW(_ rates: AdamRates, _ segments: [UpdateSegment], _ memory: OptimizerMemory) {
    var numbers = rates.kernelRates(weightDecay: 0)
    let runs = segments.map(\.kernelSegment)
    sk_adamw(
      &numbers, Int64(runs.count), runs, memory.p.floatPointer, memory.g.floatPointer, memory.m.floatPointer,
      memory.v.floatPointer, memory.shadow?.pointer(UInt16.self))
  }

  func sgd(_ rates: SGDRates, _ segments: [UpdateSegment], p: Tensor, g: Tensor, sum: Tensor?, shadow: Tensor?) {
    var numbers = sk_sgd_rates(
      lr: rates.lr, momentum: rates.momentum, gradient_scale: rates.factor?.scalarPointer[0] ?? 1,
      nesterov: rates.isNesterov)
    let runs = segments.map(\.kernelSegment)
    sk_sgd(
      &numbers, Int64(runs.count), runs, p.floatPointer, g.floatPointer, sum?.floatPointer, shadow?.pointer(UInt16.self)
    )
  }

  func lamb(_ rates: AdamRates, lrScale: Double, weightDecay: Double, _ memory: OptimizerMemory) {
    var numbers = rates.kernelRates(weightDecay: weightDecay)
    let (p, u) = (memory.p, memory.p.like(memory.p.shape))
    var (pSquares, uSquares) = (0.0, 0.0)
    sk_lamb_update(
      Int64(u.count), &numbers, p.floatPointer, memory.g.floatPointer, memory.m.floatPointer, memory.v.floatPointer,
      u.floatPointer, &pSquares, &uSquares)
    let trust = weightDecay == 0 ? 1 : ScalarRule.trust.value(pSquares, uSquares)
    combine(-rates.lr * lrScale * trust, u, 1, into: p)
  }

  func average(_ values: Tensor, decay: Double, into average: Tensor) {
    sk_ema(Int64(average.count), Float(decay), values.floatPointer, average.floatPointer)
  }
}

extension UpdateSegment {
  fileprivate var kernelSegment: sk_segment {
    sk_segment(
      offset: Int64(offset), count: Int64(count), row: Int64(table?.row ?? 0), lr_scale: lrScale,
      weight_decay: weightDecay, touched: table?.touched.flagPointer, ever: table?.ever.flagPointer)
  }
}

extension AdamRates {
  fileprivate func kernelRates(weightDecay: Double) -> sk_adamw_rates {
    sk_adamw_rates(
      lr: lr, beta1: beta1, beta2: beta2, epsilon: epsilon, weight_decay: weightDecay, bias_correction1: correction1,
      bias_correction2: correction2, gradient_scale: factor?.scalarPointer[0] ?? 1)
  }
}
