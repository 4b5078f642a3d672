/// What attention does besides softmax(q·kᵀ/√d)·v.
public struct AttentionOptions {
  /// The number of heads.
  public var heads: Int
  /// Query i sees keys up to i (sequences of equal length: the lower triangle).
  public var causal = false
  /// u8 [key rows]: 0 hides a key from every query.
  public var keyMask: Tensor?
  /// [heads, longest query, longest key], added to the scaled scores.
  public var bias: Tensor?
  /// On the attention probabilities.
  public var dropout: Dropout?

  /// Plain attention.
  public init(
    heads: Int, causal: Bool = false, keyMask: Tensor? = nil, bias: Tensor? = nil, dropout: Dropout? = nil
  ) {
    self.heads = heads
    self.causal = causal
    self.keyMask = keyMask
    self.bias = bias
    self.dropout = dropout
  }
}

extension Tensor {
  /// Self-attention of packed projections: [..., 3D], query, key and value side by side → [..., D]. Rows belong to the
  /// sequences of `rows`; no [B, H, T, T] tensor is kept for the backward pass, only the log-sum-exp of every row. The
  /// result has the projections' type; scores, softmax and sums are f32.
  public func selfAttention(_ rows: Segments, _ options: AttentionOptions) -> Tensor {
    let width = shape.columns / 3
    precondition(
      shape.columns == 3 * width && shape.rows == rows.rows, "selfAttention: qkv \(shape), rows \(rows.rows)")
    return attend(AttentionCall(packed: detached(), rows, options), options.bias)
  }

  /// `call` over these packed projections, recorded.
  func attend(_ call: AttentionCall, _ bias: Tensor?, _ outside: Tensor? = nil) -> Tensor {
    let width = shape.columns / 3
    let (out, logSumExp) = Self.attend(call, shape: shape.replacingLast(with: width))
    return Tape.record("selfAttention", [self, bias, outside], output: out) { [packed = shape] vjp in
      let dout = vjp.take()
      let dqkv = dout.like(packed)
      Self.attendBackward(
        vjp, call, out, logSumExp, dout, dq: Matrix(dqkv, columns: 0..<width),
        dk: Matrix(dqkv, columns: width..<2 * width), dv: Matrix(dqkv, columns: 2 * width..<3 * width), biasInput: 1,
        outsideInput: 2)
      vjp.give(0, dqkv)
    }
  }

  /// Attention of queries [..., D] over keys and values side by side [..., 2D] → the queries' shape. The last block of a
  /// class-token model asks for one query a sequence.
  public func attention(
    _ queries: Segments, over keysAndValues: Tensor, _ keys: Segments, _ options: AttentionOptions
  ) -> Tensor {
    let width = shape.columns
    guard dtype == keysAndValues.dtype else {
      return widened.attention(queries, over: keysAndValues.widened, keys, options)
    }
    precondition(
      keysAndValues.shape.columns == 2 * width && shape.rows == queries.rows && keysAndValues.shape.rows == keys.rows
        && queries.count == keys.count, "attention: q \(shape), kv \(keysAndValues.shape)")
    let kv = keysAndValues.detached()
    let call = AttentionCall(
      q: Matrix(detached()), k: Matrix(kv, columns: 0..<width), v: Matrix(kv, columns: width..<2 * width),
      queries: queries, keys: keys, options)
    let (out, logSumExp) = Self.attend(call, shape: shape)
    return Tape.record("attention", [self, keysAndValues, options.bias], output: out) { vjp in
      let dout = vjp.take()
      let (dq, dkv) = (dout.like(out.shape), dout.like(kv.shape))
      Self.attendBackward(
        vjp, call, out, logSumExp, dout, dq: Matrix(dq), dk: Matrix(dkv, columns: 0..<width),
        dv: Matrix(dkv, columns: width..<2 * width), biasInput: 2)
      vjp.give(0, dq)
      vjp.give(1, dkv)
    }
  }

  private static func attend(_ call: AttentionCall, shape: Shape) -> (out: Tensor, logSumExp: Tensor) {
    let out = call.q.tensor.like(shape)
    let logSumExp = out.like([call.queries.rows, call.heads], dtype: out.dtype == .bf16 ? .f32 : out.dtype)
    call.countOperations(products: 2)
    out.backend.attention(call, into: out, logSumExp: logSumExp)
    return (out, logSumExp)
  }

  private static func attendBackward(
    _ vjp: VJP, _ call: AttentionCall, _ out: Tensor, _ logSumExp: Tensor, _ dout: Tensor, dq: Matrix, dk: Matrix,
    dv: Matrix, biasInput: Int, outsideInput: Int? = nil
  ) {
    added(vjp, biasInput, call.bias) { dbias in
      added(vjp, outsideInput, call.outside) { doutside in
        // The scores once more, and four gradients.
        call.countOperations(products: 5)
        out.backend.attentionBackward(
          call, out: out, logSumExp: logSumExp, dout: dout, dq: dq, dk: dk, dv: dv, dbias: dbias, doutside: doutside)
      }
    }
  }

  /// Runs `body` with the gradient of an input, ready to be added to, or with nil where nobody wants it.
  private static func added(_ vjp: VJP, _ input: Int?, _ operand: Tensor?, _ body: (Tensor?) -> Void) {
    guard let input, let operand, vjp.wants(input) else { return body(nil) }
    vjp.accumulate(input, like: operand) { sum in
      if sum.beta == 0 { operand.backend.fill(sum.tensor, with: 0) }
      body(sum.tensor)
    }
  }
}

extension AttentionCall {
  /// Counts products of every query with every key of its sequence, hidden ones too.
  fileprivate func countOperations(products: Int) {
    let pairs = zip(queries.lengths, keys.lengths).reduce(0) { $0 + $1.0 * $1.1 }
    Operations.add(pairs, headWidth * heads, products)
  }

  /// Self-attention of packed projections [R, 3D].
  init(packed qkv: Tensor, _ rows: Segments, _ options: AttentionOptions) {
    let width = qkv.shape.columns / 3
    self.init(
      q: Matrix(qkv, columns: 0..<width), k: Matrix(qkv, columns: width..<2 * width),
      v: Matrix(qkv, columns: 2 * width..<3 * width), queries: rows, keys: rows, options)
  }

  fileprivate init(q: Matrix, k: Matrix, v: Matrix, queries: Segments, keys: Segments, _ options: AttentionOptions) {
    precondition(q.columns % options.heads == 0, "attention: width \(q.columns), heads \(options.heads)")
    let headWidth = q.columns / options.heads
    precondition(
      options.bias == nil || options.bias!.shape == [options.heads, queries.longest, keys.longest],
      "attention: bias \(options.bias!.shape), heads \(options.heads), \(queries.longest)×\(keys.longest)")
    self.init(
      q: q, k: k, v: v, queries: queries, keys: keys, heads: options.heads,
      scale: 1 / Double(headWidth).squareRoot(), causal: options.causal, keyMask: options.keyMask,
      bias: options.bias?.detached(), dropout: options.dropout)
  }
}
