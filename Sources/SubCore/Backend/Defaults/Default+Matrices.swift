extension Backend {
  func roundProducts(_ isWanted: Bool) -> Bool { !isWanted }

  func scale(_ x: Tensor, by factor: Tensor, _ alpha: Double, into y: Tensor) {
    let factor = factor.dtype == x.dtype ? factor : factor.converted(to: x.dtype)
    combine(alpha, x.zipped(.multiply, factor.reshapedView([])), 0, into: y)
  }

  func products(
    _ a: MatrixBatch, transposed transposeA: Bool, _ b: MatrixBatch, transposed transposeB: Bool, into c: Tensor
  ) {
    let (m, n) = (c.shape[-2], c.shape[-1])
    for index in a.starts.indices {
      gemm(
        1, a.matrix(index), transposed: transposeA, b.matrix(index), transposed: transposeB, 0,
        into: Matrix(c, start: index * m * n, rows: m, columns: n))
    }
  }

  func linear(
    _ x: Matrix, _ weight: Tensor, _ bias: Tensor?, _ activation: Activation, preactivation: Tensor?, into y: Matrix
  ) {
    var value = x.tensor.like([y.rows, y.columns])
    gemm(1, x, transposed: false, Matrix(weight), transposed: true, 0, into: Matrix(value))
    if let bias { value = value.zipped(.add, bias) }
    preactivation?.assign(value)
    if activation != .identity { activate(activation, value, into: value) }
    y.assign(value)
  }

  func activationBackward(
    _ activation: Activation, saved: Tensor, _ dy: Tensor, into dpre: Tensor, columnSum sum: Accumulation?
  ) {
    let slopes = saved.like(saved.shape)
    slope(activation, saved: saved, into: slopes)
    dpre.assign(dy.zipped(.multiply, slopes))
    if let sum { columnSum(Matrix(dpre), into: sum) }
  }

  func columnSum(_ x: Matrix, into sum: Accumulation) {
    reduce(.sum, x.values, AxisSplit(outer: 1, length: x.rows, inner: x.columns), into: sum)
  }
}
