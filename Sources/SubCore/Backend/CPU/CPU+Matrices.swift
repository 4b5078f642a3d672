internal import CSubKernels

extension CPUBackend {
  func gemm(
    _ alpha: Double, _ a: Matrix, transposed transposeA: Bool, _ b: Matrix, transposed transposeB: Bool,
    _ beta: Double, into c: Matrix
  ) {
    let (m, n, k) = (Int64(c.rows), Int64(c.columns), Int64(transposeA ? a.rows : a.columns))
    guard a.tensor.dtype == .bf16 else {
      return sk_gemm(
        transposeA, transposeB, m, n, k, Float(alpha), a.floatPointer, Int64(a.stride), b.floatPointer,
        Int64(b.stride), Float(beta), c.floatPointer, Int64(c.stride))
    }
    precondition(b.tensor.dtype == .bf16 && alpha == 1 && (beta == 0 || beta == 1), "cpu: a product of bf16")
    sk_gemm_bf16(
      transposeA, transposeB, m, n, k, a.rawPointer, Int64(a.stride), b.rawPointer, Int64(b.stride), beta == 1,
      c.tensor.kernelType, c.rawPointer, Int64(c.stride))
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
    let (m, n, k) = (Int64(x.rows), Int64(y.columns), Int64(x.columns))
    guard weight.dtype == .bf16 else {
      return sk_linear_forward(
        m, n, k, x.floatPointer, Int64(x.stride), weight.floatPointer, bias?.floatPointer, Int32(activation.rawValue),
        preactivation?.floatPointer, y.floatPointer, Int64(y.stride))
    }
    precondition(x.tensor.dtype == .bf16, "cpu: \(x.tensor.dtype) times bf16")
    sk_linear_forward_bf16(
      m, n, k, x.rawPointer, Int64(x.stride), weight.rawPointer, bias?.floatPointer, Int32(activation.rawValue),
      preactivation?.rawPointer, y.tensor.kernelType, y.rawPointer, Int64(y.stride))
  }

  func activationBackward(
    _ activation: Activation, saved: Tensor, _ dy: Tensor, into dpre: Tensor, columnSum: Accumulation?
  ) {
    precondition(dpre.dtype == dy.dtype, "cpu: \(dy.dtype) into \(dpre.dtype)")
    sk_activation_backward(
      Int64(dy.shape.rows), Int64(dy.shape.columns), Int32(activation.rawValue), saved.kernelType(as: dy),
      saved.rawPointer, dy.rawPointer, dpre.rawPointer, Float(columnSum?.beta ?? 0), columnSum?.tensor.floatPointer)
  }

  func columnSum(_ x: Matrix, into sum: Accumulation) {
    sk_column_sum(
      Int64(x.rows), Int64(x.columns), x.tensor.kernelType, x.rawPointer, Int64(x.stride), Float(sum.beta),
      sum.tensor.floatPointer)
  }
}
