extension Tensor {
  /// `activation(x · weightᵀ + bias)`: [..., K] with weight [N, ...] of K elements a row and bias [N] → [..., N].
  /// The weight may be any tensor: similarity matrices are linear layers too.
  ///
  /// Both operands are read in the type in which the weight's set computes, and products accumulate in f32 whatever it
  /// is. The result is rounded to that type unless `wide`: logits, and what begins the residual stream, stay f32.
  public func linear(
    _ weight: Tensor, _ bias: Tensor? = nil, _ activation: Activation = .identity, wide: Bool = false
  ) -> Tensor {
    let (n, k) = (weight.shape[0], weight.count / max(1, weight.shape[0]))
    precondition(shape.columns == k, "linear: x \(shape), weight \(weight.shape)")
    precondition(bias == nil || bias!.count == n, "linear: weight \(weight.shape), bias \(bias!.shape)")
    let type = weight.productType
    guard dtype == type else { return converted(to: type).linear(weight, bias, activation, wide: wide) }
    let w = weight.reshapedView([n, k])
    let (x, low) = (detached(), w.lowered(to: type))
    let y = like(shape.replacingLast(with: n), dtype: wide && type == .bf16 ? .f32 : type)
    let tracked = Tape.isRecording && (isTracked || weight.isTracked || bias?.isTracked ?? false)
    let preactivation = tracked && activation != .identity && !activation.savesOutput ? y.like(y.shape) : nil
    Operations.add(x.shape.rows, n, k)
    backend.linear(Matrix(x), low, bias?.detached(), activation, preactivation: preactivation, into: Matrix(y))
    let (saved, biasType) = (preactivation ?? y, bias?.dtype ?? w.dtype)
    return Tape.record("linear", [self, weight, bias], output: y) { vjp in
      var dy = vjp.take()
      if activation == .identity {
        dy = dy.lowered(to: type)
        vjp.accumulate(2, like: [n], dtype: biasType, on: x.device) { x.backend.columnSum(Matrix(dy), into: $0) }
      } else {
        dy = dy.dtype == saved.dtype ? dy : dy.lowered(to: saved.dtype)
        let dpre = dy.reusable()
        vjp.offer(2, like: [n], dtype: biasType, on: x.device) {
          x.backend.activationBackward(activation, saved: saved, dy, into: dpre, columnSum: $0)
        }
        dy = dpre.lowered(to: type)
      }
      // dweight += dyᵀ · x and dx += dy · weight.
      vjp.accumulate(1, like: w) {
        Operations.add(x.shape.rows, n, k)
        x.backend.gemm(
          1, Matrix(dy), transposed: true, Matrix(x), transposed: false, $0.beta,
          into: Matrix($0.tensor.reshapedView(w.shape)))
      }
      vjp.accumulate(0, like: x) {
        Operations.add(x.shape.rows, n, k)
        x.backend.gemm(
          1, Matrix(dy), transposed: false, Matrix(low), transposed: false, $0.beta, into: Matrix($0.tensor))
      }
    }
  }
}
