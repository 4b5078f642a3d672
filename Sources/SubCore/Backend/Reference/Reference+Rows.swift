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

  func gatherRows(_ table: Tensor, _ indices: Tensor, adding: Bool, into y: Tensor) {
    let width = y.shape.columns
    for (row, index) in indices.indexList.enumerated() {
      for column in 0..<width {
        let value = Elements(table)[index * width + column]
        Elements(y)[row * width + column] = adding ? Elements(y)[row * width + column] + value : value
      }
    }
  }

  func scatterAddRows(_ values: Tensor, _ indices: Tensor, into table: Tensor, touched: Tensor?) {
    let width = values.shape.columns
    for (row, index) in indices.indexList.enumerated() {
      for column in 0..<width { Elements(table)[index * width + column] += Elements(values)[row * width + column] }
      if let touched { touched.pointer(UInt8.self)[index] = 1 }
    }
  }

  func scatterRows(_ values: Tensor, _ indices: Tensor, into table: Tensor) {
    let width = values.shape.columns
    for (row, index) in indices.indexList.enumerated() where index >= 0 {
      for column in 0..<width { Elements(table)[index * width + column] = Elements(values)[row * width + column] }
    }
  }
}
