internal import CSubKernels

extension CPUBackend {
  func gatherRows(_ table: Tensor, _ indices: Tensor, adding: Bool, into y: Tensor) {
    checkRows(indices, of: table, width: y.shape.columns)
    let (rows, width) = (Int64(indices.count), Int64(y.shape.columns))
    if adding {
      sk_add_gathered_rows(rows, width, table.floatPointer, indices.indexPointer, y.floatPointer)
    } else {
      sk_gather_rows(rows, width, table.kernelType(as: y), table.rawPointer, indices.indexPointer, y.rawPointer)
    }
  }

  func scatterAddRows(_ values: Tensor, _ indices: Tensor, into table: Tensor, touched: Tensor?) {
    checkRows(indices, of: table, width: values.shape.columns)
    sk_scatter_add_rows(
      Int64(indices.count), Int64(values.shape.columns), values.kernelType, values.rawPointer, indices.indexPointer,
      table.kernelType, table.rawPointer, touched?.flagPointer)
  }

  /// The kernels read and write where an index says. What comes from outside is refused before it gets here; this keeps a
  /// mistake in that from other memory, at the cost of a comparison a row.
  private func checkRows(_ indices: Tensor, of table: Tensor, width: Int, from first: Int32 = 0) {
    let rows = Int32(clamping: table.count / max(1, width))
    let all = UnsafeBufferPointer(start: indices.indexPointer, count: indices.count)
    precondition(all.allSatisfy { $0 >= first && $0 < rows }, "an index is no row of a table of \(rows)")
  }

  func clearRows(_ table: Tensor, touched: Tensor) {
    let width = table.shape.columns
    let flags = touched.flagPointer
    for row in 0..<touched.count where flags[row] != 0 {
      (table.floatPointer + row * width).update(repeating: 0, count: width)
      flags[row] = 0
    }
  }

  func scatterRows(_ values: Tensor, _ indices: Tensor, into table: Tensor) {
    checkRows(indices, of: table, width: values.shape.columns, from: -1)
    sk_scatter_rows(
      Int64(indices.count), Int64(values.shape.columns), values.kernelType(as: table), values.rawPointer,
      indices.indexPointer, table.rawPointer)
  }

  func segmentMean(_ x: Tensor, _ segments: Segments, into y: Tensor) {
    sk_segment_mean(
      Int64(segments.count), Int64(x.shape.columns), x.kernelType, x.rawPointer, segments.offsets.indexPointer,
      y.floatPointer)
  }

  func segmentMeanBackward(_ dy: Tensor, _ segments: Segments, into dx: Tensor) {
    sk_segment_mean_backward(
      Int64(segments.count), Int64(dx.shape.columns), dy.floatPointer, segments.offsets.indexPointer, dx.kernelType,
      dx.rawPointer)
  }

  func patchify(_ images: Tensor, patch: Int, patches: Tensor?, into y: Tensor) {
    sk_patchify(
      Int64(images.shape[0]), Int64(images.shape[1]), Int64(images.shape[2]), Int64(images.shape[3]), Int64(patch),
      Int64(y.shape.rows), patches?.indexPointer, images.floatPointer, y.kernelType, y.rawPointer)
  }

  func normalizeRows(_ x: Tensor, epsilon: Double, into y: Tensor, norms: Tensor) {
    sk_l2_normalize(
      Int64(x.shape.rows), Int64(x.shape.columns), Float(epsilon), x.floatPointer, y.floatPointer, norms.floatPointer)
  }

  func normalizeRowsBackward(_ y: Tensor, norms: Tensor, epsilon: Double, _ dy: Tensor, into dx: Tensor) {
    sk_l2_normalize_backward(
      Int64(y.shape.rows), Int64(y.shape.columns), Float(epsilon), y.floatPointer, norms.floatPointer,
      dy.floatPointer, dx.floatPointer)
  }
}
