extension Tensor {
  /// Matrix products as NumPy has them: [..., M, K] · [..., K, N] → [..., M, N], leading axes repeating as operands of
  /// arithmetic do. A vector is a row on the left and a column on the right, and its axis is gone from the result.
  ///
  /// With a weight [N, K], `linear` is the same without a transpose.
  public func matmul(_ other: Tensor) -> Tensor {
    precondition(shape.rank > 0 && other.shape.rank > 0, "matmul: \(shape) · \(other.shape)")
    guard dtype == other.dtype && dtype != .bf16 else { return widened.matmul(other.widened) }
    if shape.rank == 1 {
      let y = reshaped(shape.inserting(1, at: 0)).matmul(other)
      return y.reshaped(y.shape.removing(other.shape.rank == 1 ? 0 : -2))
    }
    if other.shape.rank == 1 {
      let y = matmul(other.reshaped(other.shape.inserting(1, at: 1)))
      return y.reshaped(y.shape.removing(-1))
    }
    precondition(shape[-1] == other.shape[-2], "matmul: \(shape) · \(other.shape)")
    return other.shape.rank == 2 ? rowsTimes(other) : batchTimes(other)
  }

  /// One matrix for all rows: one product.
  private func rowsTimes(_ matrix: Tensor) -> Tensor {
    let (x, w, y) = (detached(), matrix.detached(), like(shape.replacingLast(with: matrix.shape[1])))
    let count = { Operations.add(x.shape.rows, w.shape[1], w.shape[0]) }
    count()
    backend.gemm(1, Matrix(x), transposed: false, Matrix(w), transposed: false, 0, into: Matrix(y))
    return Tape.record("matmul", [self, matrix], output: y) { vjp in
      let dy = Matrix(vjp.take())
      vjp.accumulate(0, like: x) {
        count()
        x.backend.gemm(1, dy, transposed: false, Matrix(w), transposed: true, $0.beta, into: Matrix($0.tensor))
      }
      vjp.accumulate(1, like: w) {
        count()
        x.backend.gemm(
          1, Matrix(x), transposed: true, dy, transposed: false, $0.beta, into: Matrix($0.tensor.reshapedView(w.shape)))
      }
    }
  }

  private func batchTimes(_ other: Tensor) -> Tensor {
    let leading = Shape(Array(shape.dimensions.dropLast(2)))
      .broadcast(with: Shape(Array(other.shape.dimensions.dropLast(2))))
    let (a, b) = (detached(), other.detached())
    func product(_ a: Tensor, transposed transposeA: Bool, _ b: Tensor, transposed transposeB: Bool) -> Tensor {
      let rows = transposeA ? a.shape[-1] : a.shape[-2]
      let columns = transposeB ? b.shape[-2] : b.shape[-1]
      let y = a.like(Shape(leading.dimensions + [rows, columns]))
      Operations.add(rows, columns, transposeA ? a.shape[-2] : a.shape[-1], times: leading.count)
      a.backend.products(
        MatrixBatch(a, leading: leading), transposed: transposeA, MatrixBatch(b, leading: leading),
        transposed: transposeB, into: y)
      return y
    }
    let y = product(a, transposed: false, b, transposed: false)
    return Tape.record("matmul", [self, other], output: y) { vjp in
      let dy = vjp.take()
      vjp.give(0, product(dy, transposed: false, b, transposed: true), summedTo: a.shape)
      vjp.give(1, product(a, transposed: true, dy, transposed: false), summedTo: b.shape)
    }
  }
}
