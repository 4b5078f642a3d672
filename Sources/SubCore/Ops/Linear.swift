extension Tensor {
  /// `activation(x · weightᵀ + bias)`: [..., K] with weight [N, ...] of K elements a row and bias [N] → [..., N].
  /// Accumulates in f32. The weight may be any tensor: similarity matrices are linear layers too.
  public func linear(_ weight: Tensor, _ bias: Tensor? = nil, _ activation: Activation = .identity) -> Tensor {
    let (n, k) = (weight.shape[0], weight.count / max(1, weight.shape[0]))
    precondition(shape.columns == k, "linear: x \(shape), weight \(weight.shape)")
    precondition(bias == nil || bias!.count == n, "linear: weight \(weight.shape), bias \(bias!.shape)")
    let w = weight.reshapedView([n, k])
    let y = like(shape.replacingLast(with: n))
    let tracked = Tape.isRecording && (isTracked || weight.isTracked || bias?.isTracked ?? false)
    let preactivation = tracked && activation != .identity && !activation.savesOutput ? like(y.shape) : nil
    backend.linear(Matrix(self), w, bias?.detached(), activation, preactivation: preactivation, into: Matrix(y))
    let saved = preactivation ?? y
    return Tape.record("linear", [self, weight, bias], output: y) { [x = detached()] vjp in
      var dy = vjp.take()
      if activation == .identity {
        vjp.accumulate(2, like: [n], dtype: x.dtype, on: x.device) { x.backend.columnSum(Matrix(dy), into: $0) }
      } else {
        let dpre = dy.reusable()
        let run = { x.backend.activationBackward(activation, saved: saved, dy, into: dpre, columnSum: $0) }
        if vjp.wants(2) { vjp.accumulate(2, like: [n], dtype: x.dtype, on: x.device) { run($0) } } else { run(nil) }
        dy = dpre
      }
      // dweight += dyᵀ · x and dx += dy · weight.
      vjp.accumulate(1, like: w) {
        x.backend.gemm(
          1, Matrix(dy), transposed: true, Matrix(x), transposed: false, $0.beta,
          into: Matrix($0.tensor.reshapedView(w.shape)))
      }
      vjp.accumulate(0, like: x) {
        x.backend.gemm(
          1, Matrix(dy), transposed: false, Matrix(w), transposed: false, $0.beta, into: Matrix($0.tensor))
      }
    }
  }
}
