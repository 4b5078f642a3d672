extension TimedBackend {
  func scale(_ x: Tensor, by factor: Tensor, _ alpha: Double, into y: Tensor) {
    timed("scale", [x, factor, y]) { base.scale(x, by: factor, alpha, into: y) }
  }

  func products(
    _ a: MatrixBatch, transposed transposeA: Bool, _ b: MatrixBatch, transposed transposeB: Bool, into c: Tensor
  ) {
    timed(
      "products", [a, b, c], product: [c.shape.rows, transposeA ? a.rows : a.columns, c.shape.columns]
    ) { base.products(a, transposed: transposeA, b, transposed: transposeB, into: c) }
  }

  func linear(
    _ x: Matrix, _ weight: Tensor, _ bias: Tensor?, _ activation: Activation, preactivation: Tensor?, into y: Matrix
  ) {
    timed(
      "linear", [x, weight, bias, preactivation, y], product: [x.rows, x.columns, y.columns]
    ) { base.linear(x, weight, bias, activation, preactivation: preactivation, into: y) }
  }

  func activationBackward(
    _ activation: Activation, saved: Tensor, _ dy: Tensor, into dpre: Tensor, columnSum: Accumulation?
  ) {
    timed("activationBackward", [saved, dy, dpre, columnSum]) {
      base.activationBackward(activation, saved: saved, dy, into: dpre, columnSum: columnSum)
    }
  }

  func columnSum(_ x: Matrix, into sum: Accumulation) {
    timed("columnSum", [x, sum]) { base.columnSum(x, into: sum) }
  }

  func attention(_ call: AttentionCall, into out: Tensor, logSumExp: Tensor) {
    timed("attention", [call, out, logSumExp]) {
      base.attention(call, into: out, logSumExp: logSumExp)
    }
  }

  func attentionBackward(
    _ call: AttentionCall, out: Tensor, logSumExp: Tensor, dout: Tensor, dq: Matrix, dk: Matrix, dv: Matrix,
    dbias: Tensor?, doutside: Tensor?
  ) {
    timed(
      "attentionBackward", [call, out, logSumExp, dout, dq, dk, dv, dbias, doutside]
    ) {
      base.attentionBackward(
        call, out: out, logSumExp: logSumExp, dout: dout, dq: dq, dk: dk, dv: dv, dbias: dbias, doutside: doutside)
    }
  }

  func residualNorm(_ call: ResidualNormCall, z: Tensor?, y: Tensor?, mean: Tensor?, rstd: Tensor?) {
    timed("residualNorm", [call, z, y, mean, rstd]) { base.residualNorm(call, z: z, y: y, mean: mean, rstd: rstd) }
  }

  func residualNormBackward(
    _ call: ResidualNormCall, z: Tensor, mean: Tensor?, rstd: Tensor?, dz: Tensor?, dy: Tensor?, dx: Tensor,
    dh: Tensor?, dgamma: Accumulation?, dweight: Accumulation?, dbias: Accumulation?
  ) {
    timed("residualNormBackward", [call, z, mean, rstd, dz, dy, dx, dh, dgamma, dweight, dbias]) {
      base.residualNormBackward(
        call, z: z, mean: mean, rstd: rstd, dz: dz, dy: dy, dx: dx, dh: dh, dgamma: dgamma, dweight: dweight,
        dbias: dbias)
    }
  }

  func clearRows(_ table: Tensor, touched: Tensor) {
    timed("clearRows", [touched]) { base.clearRows(table, touched: touched) }
  }

  func segmentMean(_ x: Tensor, _ segments: Segments, into y: Tensor) {
    timed("segmentMean", [x, y]) { base.segmentMean(x, segments, into: y) }
  }

  func segmentMeanBackward(_ dy: Tensor, _ segments: Segments, into dx: Tensor) {
    timed("segmentMeanBackward", [dy, dx]) { base.segmentMeanBackward(dy, segments, into: dx) }
  }

  func patchify(_ images: Tensor, patch: Int, patches: Tensor?, into y: Tensor) {
    timed("patchify", [images, patches, y]) { base.patchify(images, patch: patch, patches: patches, into: y) }
  }

  func normalizeRows(_ x: Tensor, epsilon: Double, into y: Tensor, norms: Tensor) {
    timed("normalizeRows", [x, y, norms]) { base.normalizeRows(x, epsilon: epsilon, into: y, norms: norms) }
  }

  func normalizeRowsBackward(_ y: Tensor, norms: Tensor, epsilon: Double, _ dy: Tensor, into dx: Tensor) {
    timed("normalizeRowsBackward", [y, norms, dy, dx]) {
      base.normalizeRowsBackward(y, norms: norms, epsilon: epsilon, dy, into: dx)
    }
  }

  func softmax(_ logits: Tensor, into y: Tensor) {
    timed("softmax", [logits, y]) { base.softmax(logits, into: y) }
  }

  func crossEntropy(_ logits: Tensor, _ target: Target, into losses: Tensor) {
    timed("crossEntropy", [logits, target, losses]) { base.crossEntropy(logits, target, into: losses) }
  }

  func crossEntropyBackward(_ logits: Tensor, _ target: Target, scale: Double, into dlogits: Tensor) {
    timed("crossEntropyBackward", [logits, target, dlogits]) {
      base.crossEntropyBackward(logits, target, scale: scale, into: dlogits)
    }
  }

  func binaryCrossEntropy(_ logits: Tensor, _ target: Target, into losses: Tensor) {
    timed("binaryCrossEntropy", [logits, target, losses]) { base.binaryCrossEntropy(logits, target, into: losses) }
  }

  func binaryCrossEntropyBackward(_ logits: Tensor, _ target: Target, scale: Double, into dlogits: Tensor) {
    timed("binaryCrossEntropyBackward", [logits, target, dlogits]) {
      base.binaryCrossEntropyBackward(logits, target, scale: scale, into: dlogits)
    }
  }

  func adamW(_ rates: AdamRates, _ segments: [UpdateSegment], _ memory: OptimizerMemory) {
    timed("adamW", [memory]) { base.adamW(rates, segments, memory) }
  }

  func sgd(_ rates: SGDRates, _ segments: [UpdateSegment], p: Tensor, g: Tensor, sum: Tensor?, shadow: Tensor?) {
    timed("sgd", [p, g, sum, shadow]) { base.sgd(rates, segments, p: p, g: g, sum: sum, shadow: shadow) }
  }

  func lamb(_ rates: AdamRates, lrScale: Double, weightDecay: Double, _ memory: OptimizerMemory) {
    timed("lamb", [memory]) { base.lamb(rates, lrScale: lrScale, weightDecay: weightDecay, memory) }
  }

  func average(_ values: Tensor, decay: Double, into average: Tensor) {
    timed("average", [values, average]) { base.average(values, decay: decay, into: average) }
  }
}
