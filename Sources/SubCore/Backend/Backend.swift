/// A device: the primitives, and fused operations into memory that exists. Each of these has a default made of primitives
/// (`Defaults/`), which says what it computes and is the oracle of devices that do it in one pass.
protocol Backend: Primitives, GridBackend {
  // Elementwise
  /// y = alpha · factor · x with a one-element `factor` on the device, of x's type or f64.
  func scale(_ x: Tensor, by factor: Tensor, _ alpha: Double, into y: Tensor)

  // Matrices
  /// From now on products of f32 round what they read to tf32, or no longer; false where the device cannot do so.
  func roundProducts(_ isWanted: Bool) -> Bool
  /// c [products, m, n] = op(a) · op(b), product by product.
  func products(_ a: MatrixBatch, transposed: Bool, _ b: MatrixBatch, transposed: Bool, into c: Tensor)
  /// y = activation(x · weightᵀ + bias), with the value before the activation on request.
  func linear(
    _ x: Matrix, _ weight: Tensor, _ bias: Tensor?, _ activation: Activation, preactivation: Tensor?, into y: Matrix)
  /// dpre = dy · activation'(saved), and its column sums. dpre may be dy's memory.
  func activationBackward(
    _ activation: Activation, saved: Tensor, _ dy: Tensor, into dpre: Tensor, columnSum: Accumulation?)
  func columnSum(_ x: Matrix, into sum: Accumulation)

  // Attention
  func attention(_ call: AttentionCall, into out: Tensor, logSumExp: Tensor)
  func attentionBackward(
    _ call: AttentionCall, out: Tensor, logSumExp: Tensor, dout: Tensor, dq: Matrix, dk: Matrix, dv: Matrix,
    dbias: Tensor?, doutside: Tensor?)

  // Residual joints and LayerNorm
  func residualNorm(_ call: ResidualNormCall, z: Tensor?, y: Tensor?, mean: Tensor?, rstd: Tensor?)
  func residualNormBackward(
    _ call: ResidualNormCall, z: Tensor, mean: Tensor?, rstd: Tensor?, dz: Tensor?, dy: Tensor?, dx: Tensor,
    dh: Tensor?, dgamma: Accumulation?, dweight: Accumulation?, dbias: Accumulation?)

  // Rows
  /// Rows with touched ≠ 0 become zero, and the flags too.
  func clearRows(_ table: Tensor, touched: Tensor)
  func segmentMean(_ x: Tensor, _ segments: Segments, into y: Tensor)
  func segmentMeanBackward(_ dy: Tensor, _ segments: Segments, into dx: Tensor)
  func patchify(_ images: Tensor, patch: Int, patches: Tensor?, into y: Tensor)
  func normalizeRows(_ x: Tensor, epsilon: Double, into y: Tensor, norms: Tensor)
  func normalizeRowsBackward(_ y: Tensor, norms: Tensor, epsilon: Double, _ dy: Tensor, into dx: Tensor)

  // Losses
  func softmax(_ logits: Tensor, into y: Tensor)
  func crossEntropy(_ logits: Tensor, _ target: Target, into losses: Tensor)
  /// dlogits = scale · (softmax · Σt − t).
  func crossEntropyBackward(_ logits: Tensor, _ target: Target, scale: Double, into dlogits: Tensor)
  func binaryCrossEntropy(_ logits: Tensor, _ target: Target, into losses: Tensor)
  func binaryCrossEntropyBackward(_ logits: Tensor, _ target: Target, scale: Double, into dlogits: Tensor)

  // Optimizers
  func adamW(_ rates: AdamRates, _ segments: [UpdateSegment], _ memory: OptimizerMemory)
  /// SGD; momentum's running sums are in `sum`, p in a lower type, rewritten with it, in `shadow`.
  func sgd(_ rates: SGDRates, _ segments: [UpdateSegment], p: Tensor, g: Tensor, sum: Tensor?, shadow: Tensor?)
  /// LAMB on one parameter, or one of those that it joins: Adam's direction u with decay, and a step along it, by ‖p‖/‖u‖
  /// where the parameter decays.
  func lamb(_ rates: AdamRates, lrScale: Double, weightDecay: Double, _ memory: OptimizerMemory)
  /// average = decay · average + (1 − decay) · values.
  func average(_ values: Tensor, decay: Double, into average: Tensor)
}
