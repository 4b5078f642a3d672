internal import CSubKernels

extension CPUBackend {
  func gemm(
    _ alpha: Double, _ a: Matrix, transposed transposeA: Bool, _ b: Matrix, transposed transposeB: Bool,
    _ beta: Double, into c: Matrix
  ) {
    sk_gemm(
      transposeA, transposeB, Int64(c.rows), Int64(c.columns), Int64(transposeA ? a.rows : a.columns), Float(alpha),
      a.floatPointer, Int64(a.stride), b.floatPointer, Int64(b.stride), Float(beta), c.floatPointer, Int64(c.stride))
  }

  func products(
    _ a: MatrixBatch, transposed transposeA: Bool, _ b: MatrixBatch, transposed transposeB: Bool, into c: Tensor
  ) {
    let depth = transposeA ? a.rows : a.columns
    sk_gemm_batch(
      Int64(a.starts.count), transposeA, transposeB, Int64(c.shape[-2]), Int64(c.shape[-1]), Int64(depth),
      a.tensor.floatPointer, a.starts.map { Int64($0) }, b.tensor.floatPointer, b.starts.map { Int64($0) },
      c.floatPointer)
  }

  func linear(
    _ x: Matrix, _ weight: Tensor, _ bias: Tensor?, _ activation: Activation, preactivation: Tensor?, into y: Matrix
  ) {
    sk_linear_forward(
      Int64(x.rows), Int64(y.columns), Int64(x.columns), x.floatPointer, Int64(x.stride), weight.floatPointer,
      bias?.floatPointer, Int32(activation.rawValue), preactivation?.floatPointer, y.floatPointer, Int64(y.stride))
  }

  func activationBackward(
    _ activation: Activation, saved: Tensor, _ dy: Tensor, into dpre: Tensor, columnSum: Accumulation?
  ) {
    sk_activation_backward(
      Int64(dy.shape.rows), Int64(dy.shape.columns), Int32(activation.rawValue), saved.floatPointer, dy.floatPointer,
      dpre.floatPointer, Float(columnSum?.beta ?? 0), columnSum?.tensor.floatPointer)
  }

  func columnSum(_ x: Matrix, into sum: Accumulation) {
    sk_column_sum(
      Int64(x.rows), Int64(x.columns), x.floatPointer, Int64(x.stride), Float(sum.beta), sum.tensor.floatPointer)
  }
}
