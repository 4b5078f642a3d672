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
      lr: rates.lr, momentum: rates.momentum, gradient_scale: rates.gradientScale, nesterov: rates.isNesterov)
    let runs = segments.map(\.kernelSegment)
    sk_sgd(
      &numbers, Int64(runs.count), runs, p.floatPointer, g.floatPointer, sum?.floatPointer, shadow?.pointer(UInt16.self)
    )
  }

  func lambDirection(
    _ rates: AdamRates, p: Tensor, g: Tensor, m: Tensor, v: Tensor, weightDecay: Double, into u: Tensor
  ) -> (p: Double, u: Double) {
    var numbers = rates.kernelRates(weightDecay: weightDecay)
    var (pSquares, uSquares) = (0.0, 0.0)
    sk_lamb_update(
      Int64(u.count), &numbers, p.floatPointer, g.floatPointer, m.floatPointer, v.floatPointer, u.floatPointer,
      &pSquares, &uSquares)
    return (pSquares, uSquares)
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
      bias_correction2: correction2, gradient_scale: gradientScale)
  }
}
