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
    backend.linear(Matrix(self), w, bias, activation, preactivation: preactivation, into: Matrix(y))
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
      Self.linearBackward(vjp, x, w, Matrix(dy), input: 0, weightInput: 1)
    }
  }

  /// Several linear layers of the same input, their outputs side by side: [..., K] → [..., ΣN]. Query, key and value are
  /// one tensor for the attention behind them, whatever tensors the checkpoint keeps them in.
  public func packedLinear(_ parts: [(weight: Tensor, bias: Tensor?)]) -> Tensor {
    precondition(
      parts.allSatisfy { $0.weight.shape.rank == 2 && $0.weight.shape[1] == shape.columns },
      "packedLinear: x \(shape), weights \(parts.map(\.weight.shape))")
    var blocks: [Range<Int>] = []
    for part in parts {
      let start = blocks.last?.upperBound ?? 0
      blocks.append(start..<(start + part.weight.shape[0]))
    }
    let y = like(shape.replacingLast(with: blocks.last?.upperBound ?? 0))
    for (part, block) in zip(parts, blocks) {
      backend.linear(
        Matrix(self), part.weight, part.bias, .identity, preactivation: nil, into: Matrix(y, columns: block))
    }
    var inputs: [Tensor?] = [self]
    for part in parts { inputs += [part.weight, part.bias] }
    let weights = parts.map { $0.weight.detached() }
    return Tape.record("packedLinear", inputs, output: y) { [x = detached()] vjp in
      let dy = vjp.take()
      for (index, block) in blocks.enumerated() {
        let gradient = Matrix(dy, columns: block)
        vjp.accumulate(2 + 2 * index, like: [block.count], dtype: x.dtype, on: x.device) {
          x.backend.columnSum(gradient, into: $0)
        }
        Self.linearBackward(vjp, x, weights[index], gradient, input: 0, weightInput: 1 + 2 * index)
      }
    }
  }

  /// dweight += dyᵀ · x and dx += dy · weight.
  private static func linearBackward(
    _ vjp: VJP, _ x: Tensor, _ weight: Tensor, _ dy: Matrix, input: Int, weightInput: Int
  ) {
    vjp.accumulate(weightInput, like: weight) {
      x.backend.gemm(
        1, dy, transposed: true, Matrix(x), transposed: false, $0.beta,
        into: Matrix($0.tensor.reshapedView(weight.shape)))
    }
    vjp.accumulate(input, like: x) {
      x.backend.gemm(1, dy, transposed: false, Matrix(weight), transposed: false, $0.beta, into: Matrix($0.tensor))
    }
  }
}
