extension ReferenceBackend {
  func gemm(
    _ alpha: Double, _ a: Matrix, transposed transposeA: Bool, _ b: Matrix, transposed transposeB: Bool,
    _ beta: Double, into c: Matrix
  ) {
    let (x, y, out) = (Entries(a), Entries(b), Entries(c))
    let depth = transposeA ? a.rows : a.columns
    for i in 0..<c.rows {
      for j in 0..<c.columns {
        var sum = 0.0
        for k in 0..<depth { sum += (transposeA ? x[k, i] : x[i, k]) * (transposeB ? y[j, k] : y[k, j]) }
        out[i, j] = alpha * sum + (beta == 0 ? 0 : beta * out[i, j])
      }
    }
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
    gemm(1, x, transposed: false, Matrix(weight), transposed: true, 0, into: y)
    let out = Entries(y)
    for i in 0..<y.rows {
      for j in 0..<y.columns {
        let value = out[i, j] + (bias.map { Elements($0)[j] } ?? 0)
        if let preactivation { Elements(preactivation)[i * y.columns + j] = value }
        out[i, j] = activation.value(value)
      }
    }
  }

  func activationBackward(
    _ activation: Activation, saved: Tensor, _ dy: Tensor, into dpre: Tensor, columnSum sum: Accumulation?
  ) {
    for i in 0..<dy.count { Elements(dpre)[i] = Elements(dy)[i] * activation.derivative(saved: Elements(saved)[i]) }
    if let sum { columnSum(Matrix(dpre), into: sum) }
  }

  func columnSum(_ x: Matrix, into sum: Accumulation) {
    let out = Elements(sum.tensor)
    for j in 0..<x.columns {
      let total = (0..<x.rows).reduce(0) { $0 + Entries(x)[$1, j] }
      out[j] = total + (sum.beta == 0 ? 0 : sum.beta * out[j])
    }
  }
}
