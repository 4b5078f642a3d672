extension Tensor {
  /// Rows of a matrix by index: [R, D] with i32 indices [K] → [K, D]. Gradients of one row add up.
  public func gatherRows(_ indices: Tensor) -> Tensor { Self.gatherSum([(self, indices)]) }

  /// The sum of rows of several tables, one index list [K] each: Σ table[index] → [K, D]. BERT's embeddings.
  public static func gatherSum(_ parts: [(table: Tensor, indices: Tensor)]) -> Tensor {
    let (count, width) = (parts[0].indices.count, parts[0].table.shape.columns)
    precondition(
      parts.allSatisfy { $0.indices.count == count && $0.table.shape.columns == width && $0.indices.dtype == .i32 },
      "gatherSum: tables \(parts.map(\.table.shape)), indices \(parts.map(\.indices.shape))")
    let y = parts[0].table.like([count, width])
    for (number, part) in parts.enumerated() {
      y.backend.gatherRows(part.table.detached(), part.indices, adding: number > 0, into: y)
    }
    let shapes = parts.map(\.table.shape)
    let indices = parts.map(\.indices)
    return Tape.record("gatherSum", parts.map(\.table), output: y) { vjp in
      let dy = vjp.take()
      for number in indices.indices { vjp.scatterAdd(number, dy, indices[number], tableShape: shapes[number]) }
    }
  }

  /// Adds rows of a table: x [R, D] + table[indices[r]]. Position embeddings of packed or kept tokens.
  public func addingRows(of table: Tensor, _ indices: Tensor) -> Tensor {
    guard dtype != .bf16 else { return widened.addingRows(of: table, indices) }
    precondition(
      indices.count == shape.rows && table.shape.columns == shape.columns,
      "addingRows: x \(shape), table \(table.shape), indices \(indices.shape)")
    let y = like(shape)
    backend.combine(1, detached(), 0, into: y)
    backend.gatherRows(table.detached(), indices, adding: true, into: y)
    return Tape.record("addingRows", [self, table], output: y) { [tableShape = table.shape] vjp in
      let dy = vjp.take()
      vjp.scatterAdd(1, dy, indices, tableShape: tableShape)
      vjp.give(0, dy)
    }
  }

  /// Puts `prefix` [P, D] in front of each of the `samples` equal parts of x [samples·L, D] → [samples·(P+L), D]:
  /// class tokens.
  public func prefixed(by prefix: Tensor, samples: Int) -> Tensor {
    guard dtype == prefix.dtype else { return widened.prefixed(by: prefix.widened, samples: samples) }
    let (extra, width) = (prefix.count / shape.columns, shape.columns)
    let length = shape.rows / max(1, samples)
    precondition(
      shape.rows == samples * length && prefix.count == extra * width, "prefixed: x \(shape), \(samples) samples")
    let total = extra + length
    let place = Tensor.indices(length, from: extra, rows: samples, rowStep: total, on: device)
    let front = Tensor.indices(extra, rows: samples, rowStep: total, on: device)
    let which = Tensor.indices(extra, rows: samples, on: device)
    let y = like([samples * total, width])
    backend.scatterRows(detached(), place, into: y)
    let rows = like([samples * extra, width])
    backend.gatherRows(prefix.detached(), which, adding: false, into: rows)
    backend.scatterRows(rows, front, into: y)
    return Tape.record("prefixed", [self, prefix], output: y) { [x = shape, prefixShape = prefix.shape] vjp in
      let dy = vjp.take()
      if vjp.wants(0) {
        let dx = dy.like(x)
        dy.backend.gatherRows(dy, place, adding: false, into: dx)
        vjp.give(0, dx)
      }
      if vjp.wants(1) {
        let dfront = dy.like([samples * extra, width])
        dy.backend.gatherRows(dy, front, adding: false, into: dfront)
        vjp.scatterAdd(1, dfront, which, tableShape: prefixShape)
      }
    }
  }

  /// Replaces the rows at `indices` (i32, distinct) by `token` [D]: mask tokens.
  public func replacingRows(_ indices: Tensor, by token: Tensor) -> Tensor {
    guard dtype == token.dtype else { return widened.replacingRows(indices, by: token.widened) }
    precondition(token.count == shape.columns, "replacingRows: x \(shape), token \(token.shape)")
    let width = shape.columns
    let zeros = Tensor.indices(indices.count, step: 0, on: device)
    let rows = like([indices.count, width])
    backend.gatherRows(token.detached(), zeros, adding: false, into: rows)
    let y = like(shape)
    backend.combine(1, detached(), 0, into: y)
    backend.scatterRows(rows, indices, into: y)
    return Tape.record("replacingRows", [self, token], output: y) { [tokenShape = token.shape] vjp in
      var dy = vjp.take()
      if vjp.wants(1) {
        let dtoken = dy.like([indices.count, width])
        dy.backend.gatherRows(dy, indices, adding: false, into: dtoken)
        vjp.scatterAdd(1, dtoken, zeros, tableShape: tokenShape)
      }
      let dx = dy.reusable()
      if !dy.sharesMemory(with: dx) { dy.backend.combine(1, dy, 0, into: dx) }
      dy.backend.scatterRows(
        Tensor([indices.count, width], filledWith: 0, dtype: dy.dtype, on: dy.device), indices, into: dx)
      vjp.give(0, dx)
    }
  }

  /// The mean of the rows of every segment: [R, D] → [segments, D], in f32 of bf16 rows too.
  public func segmentMean(_ segments: Segments) -> Tensor {
    precondition(segments.rows == shape.rows, "segmentMean: x \(shape), rows \(segments.rows)")
    let y = like([segments.count, shape.columns], dtype: dtype == .bf16 ? .f32 : dtype)
    backend.segmentMean(detached(), segments, into: y)
    return Tape.record("segmentMean", [self], output: y) { [x = shape, dtype] vjp in
      let dy = vjp.take()
      let dx = dy.like(x, dtype: dtype)
      dy.backend.segmentMeanBackward(dy, segments, into: dx)
      vjp.give(0, dx)
    }
  }

  /// Non-overlapping patches of images [N, C, H, W] as rows [patches, C·p·p], in the order of a convolution's weight.
  /// `patches` (i32, n·grid + raster index) names the rows wanted, nil all. Pixels outside the grid are left out. `dtype`:
  /// the type of the rows; nil: the images'.
  public func patches(of size: Int, _ patches: Tensor? = nil, as dtype: DType? = nil) -> Tensor {
    precondition(shape.rank == 4 && !isTracked, "patches: images \(shape) are constants [N, C, H, W]")
    let grid = (shape[2] / size) * (shape[3] / size)
    let y = like([patches?.count ?? shape[0] * grid, shape[1] * size * size], dtype: dtype)
    backend.patchify(detached(), patch: size, patches: patches, into: y)
    return y
  }

  func sharesMemory(with other: Tensor) -> Bool { storage === other.storage }
}
