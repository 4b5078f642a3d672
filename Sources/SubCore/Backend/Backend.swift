/// What a device must be able to do: coarse, fused operations into memory that exists. Shapes have been checked by the
/// operations in `Ops/`; only a backend sees a pointer, and nothing here returns a value that a later operation's shape
/// depends on.
protocol Backend: GridBackend, Sendable {
  // Memory
  func allocate(_ byteCount: Int) -> UnsafeMutableRawPointer
  func release(_ memory: UnsafeMutableRawPointer)
  func upload(_ bytes: UnsafeRawBufferPointer, to y: Tensor)
  func download(_ x: Tensor, into bytes: UnsafeMutableRawBufferPointer)

  // Elementwise
  func fill(_ y: Tensor, with value: Double)
  /// y = alpha · x + beta · y; beta 0 never reads y.
  func combine(_ alpha: Double, _ x: Tensor, _ beta: Double, into y: Tensor)
  /// y = alpha · factor · x with a one-element `factor` on the device.
  func scale(_ x: Tensor, by factor: Tensor, _ alpha: Double, into y: Tensor)
  /// y = dropout(x), and the same for gradients.
  func dropout(_ x: Tensor, _ dropout: Dropout, into y: Tensor)
  func activate(_ activation: Activation, _ x: Tensor, into y: Tensor)
  /// 24-bit uniforms in [0, 1): position i of the stream at element i.
  func uniform(_ key: RandomKey, into y: Tensor)

  // Any axes
  /// y = x, or y = y + x, element by element; without adding, of any type.
  func copy(_ x: StridedView, adding: Bool, into y: StridedView)
  func apply(_ function: UnaryFunction, _ x: Tensor, into y: Tensor)
  /// y = f(a, b), both repeated to y's shape.
  func apply(_ function: BinaryFunction, _ a: StridedView, _ b: StridedView, into y: Tensor)
  /// y (u8) = 1 where the answer is yes, else 0.
  func compare(_ comparison: Comparison, _ a: StridedView, _ b: StridedView, into y: Tensor)
  /// y = mask ? a : b; a and b are of y's count, or of one element that repeats.
  func select(_ mask: Tensor, _ a: Tensor, _ b: Tensor, into y: Tensor)
  /// x [outer, length, inner] → [outer, inner]. A sum is added to beta · y; extrema (length > 0) want beta 0.
  func reduce(_ reduction: Reduction, _ x: Tensor, _ axes: AxisSplit, into y: Accumulation)
  /// The index of the first largest element along the axis, i32.
  func argmax(_ x: Tensor, _ axes: AxisSplit, into y: Tensor)
  /// y = x as another type.
  func convert(_ x: Tensor, into y: Tensor)

  // Reductions to the host (logging, clipping)
  func sumOfSquares(_ x: Tensor) -> Double
  func allFinite(_ x: Tensor) -> Bool

  // Matrices
  /// c = alpha · op(a) · op(b) + beta · c.
  func gemm(
    _ alpha: Double, _ a: Matrix, transposed: Bool, _ b: Matrix, transposed: Bool, _ beta: Double, into c: Matrix)
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
  func gatherRows(_ table: Tensor, _ indices: Tensor, adding: Bool, into y: Tensor)
  func scatterAddRows(_ values: Tensor, _ indices: Tensor, into table: Tensor, touched: Tensor?)
  /// Rows with touched ≠ 0 become zero, and the flags too.
  func clearRows(_ table: Tensor, touched: Tensor)
  /// Distinct indices, or -1 for a row to leave out.
  func scatterRows(_ values: Tensor, _ indices: Tensor, into table: Tensor)
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
  /// SGD; momentum's running sums are in `sum`.
  func sgd(_ rates: SGDRates, _ segments: [UpdateSegment], p: Tensor, g: Tensor, sum: Tensor?, shadow: Tensor?)
  /// LAMB's direction into `u`, and the sums of squares of p and u.
  func lambDirection(
    _ rates: AdamRates, p: Tensor, g: Tensor, m: Tensor, v: Tensor, weightDecay: Double, into u: Tensor
  ) -> (p: Double, u: Double)
  /// average = decay · average + (1 − decay) · values.
  func average(_ values: Tensor, decay: Double, into average: Tensor)
}
