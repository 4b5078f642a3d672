extension CUDABackend {
  func roundProducts(_ isWanted: Bool) -> Bool {
    device.products.round(isWanted)
    return true
  }

  func gemm(
    _ alpha: Double, _ a: Matrix, transposed transposeA: Bool, _ b: Matrix, transposed transposeB: Bool,
    _ beta: Double, into c: Matrix
  ) {
    multiply(alpha, a, transposeA, b, transposeB, beta, into: c, bias: nil)
  }

  func products(
    _ a: MatrixBatch, transposed transposeA: Bool, _ b: MatrixBatch, transposed transposeB: Bool, into c: Tensor
  ) {
    let (m, n, k) = (c.shape[-2], c.shape[-1], transposeA ? a.rows : a.columns)
    let count = a.starts.count
    guard count > 0 && m > 0 && n > 0 else { return }
    let results = Matrix(c, start: 0, rows: m, columns: n)
    guard k > 0 else { return fill(c, with: 0) }
    if let stepA = a.step, let stepB = b.step, count > 1 {
      var shape = ProductShape(
        m, n, k, a.matrix(0), transposeA, b.matrix(0), transposeB, results, adds: false, hasBias: false)
      (shape.count, shape.stepA, shape.stepB, shape.stepC) = (count, stepA, stepB, m * n)
      return multiply(shape, 1, a.matrix(0), b.matrix(0), 0, into: results)
    }
    for index in 0..<count {
      gemm(
        1, a.matrix(index), transposed: transposeA, b.matrix(index), transposed: transposeB, 0,
        into: Matrix(c, start: index * m * n, rows: m, columns: n))
    }
  }

  func linear(
    _ x: Matrix, _ weight: Tensor, _ bias: Tensor?, _ activation: Activation, preactivation: Tensor?, into y: Matrix
  ) {
    let before = preactivation.map { Matrix($0.asRows) } ?? y
    let bias = bias.map { addable($0, to: y) }
    multiply(1, x, false, Matrix(weight), true, 0, into: before, bias: bias)
    guard activation != .identity else { return }
    precondition(y.stride == y.columns, "cuda: an activation of a block of columns")
    activate(activation, before.values, into: y.values)
  }

  /// A bias as the library adds it: of the result's own type, at a multiple of 16 bytes.
  private func addable(_ bias: Tensor, to y: Matrix) -> Tensor {
    let bias = bias.lowered(to: y.tensor.dtype)
    guard !bias.isAligned(to: 16) else { return bias }
    let copy = bias.like(bias.shape)
    combine(1, bias, 0, into: copy)
    return copy
  }

  private func multiply(
    _ alpha: Double, _ a: Matrix, _ transposeA: Bool, _ b: Matrix, _ transposeB: Bool, _ beta: Double, into c: Matrix,
    bias: Tensor?
  ) {
    precondition(
      a.tensor.dtype == b.tensor.dtype, "cuda: a product of \(a.tensor.dtype) and \(b.tensor.dtype)")
    let (m, n, k) = (c.rows, c.columns, transposeA ? a.rows : a.columns)
    guard m > 0 && n > 0 else { return }
    if k == 0 {
      precondition(c.stride == c.columns && bias == nil, "cuda: a product of nothing")
      return beta == 0 ? fill(c.values, with: 0) : combine(beta, c.values, 0, into: c.values)
    }
    let shape = ProductShape(m, n, k, a, transposeA, b, transposeB, c, adds: beta != 0, hasBias: bias != nil)
    multiply(shape, Float(alpha), a, b, Float(beta), into: c, bias: bias)
  }

  /// A product, and a bias behind it where the library does not add that.
  private func multiply(
    _ shape: ProductShape, _ alpha: Float, _ a: Matrix, _ b: Matrix, _ beta: Float, into c: Matrix, bias: Tensor? = nil
  ) {
    let isDone = device.products.multiply(
      shape, alpha, a.rawPointer, b.rawPointer, beta, into: c.rawPointer, bias: bias?.rawPointer)
    guard !isDone, let bias else { return }
    var plain = shape
    plain.hasBias = false
    multiply(plain, alpha, a, b, beta, into: c)
    copy(StridedView(bias).broadcast(to: [c.rows, c.columns]), adding: true, into: StridedView(c))
  }
}

extension MatrixBatch {
  /// The distance of neighbours where it is the same everywhere.
  fileprivate var step: Int? {
    guard starts.count > 1 else { return 0 }
    let step = starts[1] - starts[0]
    return step >= 0 && zip(starts, starts.dropFirst()).allSatisfy { $1 - $0 == step } ? step : nil
  }
}

extension ProductShape {
  fileprivate init(
    _ m: Int, _ n: Int, _ k: Int, _ a: Matrix, _ transposeA: Bool, _ b: Matrix, _ transposeB: Bool, _ c: Matrix,
    adds: Bool, hasBias: Bool
  ) {
    self.init(
      m: m, n: n, k: k, transposeA: transposeA, transposeB: transposeB, strideA: a.stride, strideB: b.stride,
      strideC: c.stride, operand: a.tensor.dtype, result: c.tensor.dtype, alignmentA: a.alignment,
      alignmentB: b.alignment, alignmentC: c.alignment, hasBias: hasBias, adds: adds)
  }
}

extension Matrix {
  /// What the address is a multiple of, up to 256 bytes.
  fileprivate var alignment: Int { 1 << min(8, UInt(bitPattern: rawPointer).trailingZeroBitCount) }
}
