internal import CSubKernels

extension CPUBackend {
  func adamW(_ rates: AdamRates, _ segments: [UpdateSegment], _ memory: OptimizerMemory) {
    var numbers = rates.kernelRates(weightDecay: 0)
    let runs = segments.map { segment in
      sk_segment(
        offset: Int64(segment.offset), count: Int64(segment.count), row: Int64(segment.table?.row ?? 0),
        lr_scale: segment.lrScale, weight_decay: segment.weightDecay,
        touched: segment.table?.touched.flagPointer, ever: segment.table?.ever.flagPointer)
    }
    sk_adamw(
      &numbers, Int64(runs.count), runs, memory.p.floatPointer, memory.g.floatPointer, memory.m.floatPointer,
      memory.v.floatPointer)
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

extension AdamRates {
  fileprivate func kernelRates(weightDecay: Double) -> sk_adamw_rates {
    sk_adamw_rates(
      lr: lr, beta1: beta1, beta2: beta2, epsilon: epsilon, weight_decay: weightDecay, bias_correction1: correction1,
      bias_correction2: correction2, gradient_scale: gradientScale)
  }
}
