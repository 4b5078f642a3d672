internal import CCudaKernels

extension CUDABackend {
  func gatherRows(_ table: Tensor, _ indices: Tensor, adding: Bool, into y: Tensor) {
    guard adding || table.dtype != y.dtype else { return copyRows(table, indices, scattering: false, into: y) }
    let split = RowSplit(y.shape.columns, table, y)
    launch(
      .rows, "gather_rows", blocks: blocks(indices.count, per: split.rows), threads: rowThreads,
      ms_gather_rows(
        table: table.rawPointer, y: y.rawPointer, indices: indices.indexPointer, rows: Int64(indices.count),
        width: Int32(y.shape.columns), table_type: table.kernelType, y_type: y.kernelType, adding: adding ? 1 : 0,
        columns: Int32(split.columns), lanes: Int32(split.lanes)))
  }

  func scatterRows(_ values: Tensor, _ indices: Tensor, into table: Tensor) {
    copyRows(values, indices, scattering: true, into: table)
  }

  /// Rows of one type as bytes, in the largest pieces that their width and places allow.
  private func copyRows(_ x: Tensor, _ indices: Tensor, scattering: Bool, into y: Tensor) {
    precondition(x.dtype == y.dtype, "cuda: \(x.dtype) and \(y.dtype) where rows are copied")
    let bytes = x.shape.columns * x.dtype.size
    let places = Int(bitPattern: x.rawPointer) | Int(bitPattern: y.rawPointer) | bytes
    let unit = places % 16 == 0 ? 16 : places % 4 == 0 ? 4 : 2
    let lanes = RowSplit.lanes(bytes / unit)
    launch(
      .rows, "copy_rows", blocks: blocks(indices.count, per: rowThreads / lanes), threads: rowThreads,
      ms_copy_rows(
        from: x.rawPointer, to: y.rawPointer, indices: indices.indexPointer, rows: Int64(indices.count),
        units: Int32(bytes / unit), unit: Int32(unit), lanes: Int32(lanes), scattering: scattering ? 1 : 0))
  }

  func clearRows(_ table: Tensor, touched: Tensor) {
    let width = table.shape.columns
    launch(
      .rows, "clear_rows", blocks: blocks(touched.count, per: rowThreads / 32), threads: rowThreads,
      ms_clear_rows(
        table: table.floatPointer, touched: touched.flagPointer, rows: Int64(touched.count), width: Int32(width),
        columns: Int32(RowSplit(width, table).columns)))
  }

  // MARK: Adding rows to a table

  func scatterAddRows(_ values: Tensor, _ indices: Tensor, into table: Tensor, touched: Tensor?) {
    let (entries, width) = (indices.count, values.shape.columns)
    guard entries > 0 && width > 0 else { return }
    let (keys, order) = sorted(indices, below: table.count / width)
    let columns = RowSplit(width, values, table).columns
    let tiles = blocks(width, per: 32 * columns)
    // Chunks so short that there are some 8192 warps, which fill the machine, and so long that few partial sums remain.
    let chunk = min(512, 32 * blocks(entries * tiles, per: 32 * 8192))
    let chunks = blocks(entries, per: chunk)
    let partial = chunks > 1 ? values.like([2 * chunks * width], dtype: .f32) : nil
    let call = ms_scatter_add(
      values: values.rawPointer, table: table.rawPointer, touched: touched?.flagPointer, keys: keys.indexPointer,
      order: order?.indexPointer, partial: partial?.floatPointer, entries: Int32(entries), width: Int32(width),
      table_type: table.kernelType, columns: Int32(columns), tiles: Int32(tiles), chunk: Int32(chunk),
      chunks: Int32(chunks))
    withExtendedLifetime((keys, order, partial)) {
      launch(
        .rows, "scatter_sum_\(values.suffix)", blocks: blocks(chunks * tiles, per: rowThreads / 32),
        threads: rowThreads, call)
      launch(
        .rows, "scatter_join", blocks: (chunks - 1) * tiles, threads: rowThreads, shared: rowThreads * columns * 4,
        call)
    }
  }

  /// Indices below `rows` in their order, and where each of them was; nil: where it is.
  private func sorted(_ indices: Tensor, below rows: Int) -> (keys: Tensor, order: Tensor?) {
    let bits = Int.bitWidth - max(0, rows - 1).leadingZeroBitCount
    let count = blocks(indices.count, per: MS_SORT_TILE)
    let counts = count > 1 ? indices.like([count * MS_SORT_DIGITS]) : nil
    var (keys, order): (Tensor, Tensor?) = (indices, nil)
    for shift in stride(from: 0, to: bits, by: MS_SORT_DIGITS.trailingZeroBitCount) {
      let (nextKeys, nextOrder) = (indices.like([indices.count]), indices.like([indices.count]))
      let pass = ms_sort_pass(
        keys: keys.indexPointer, order: order?.indexPointer, counts: counts?.indexPointer,
        sorted_keys: nextKeys.indexPointer, sorted_order: nextOrder.indexPointer, entries: Int32(indices.count),
        shift: Int32(shift), blocks: Int32(count))
      withExtendedLifetime((keys, order, counts)) {
        if count > 1 {
          launch(.rows, "sort_count", blocks: count, threads: rowThreads, shared: 4 * MS_SORT_DIGITS, pass)
        }
        launch(.rows, "sort_place", blocks: count, threads: rowThreads, shared: 4 * (8 * MS_SORT_DIGITS + 8), pass)
      }
      (keys, order) = (nextKeys, nextOrder)
    }
    return (keys, order)
  }

  // MARK: Segments

  func segmentMean(_ x: Tensor, _ segments: Segments, into y: Tensor) {
    let width = x.shape.columns
    let split = RowSplit(width, x, y)
    let tiles = blocks(width, per: split.lanes * split.columns)
    guard segments.count > 0 && tiles > 0 else { return }
    // Long segments are cut where there are too few to fill the machine.
    let isFew = segments.count * tiles < 2 * multiprocessors
    let parts = isFew ? min(64, max(1, segments.longest / (32 * split.rows))) : 1
    let partial = parts > 1 ? y.like([parts * segments.count * width]) : nil
    let call = ms_segment_mean(
      x: x.rawPointer, offsets: segments.offsets.indexPointer, y: y.floatPointer, partial: partial?.floatPointer,
      segments: Int32(segments.count), width: Int32(width), parts: Int32(parts), columns: Int32(split.columns),
      lanes: Int32(split.lanes))
    withExtendedLifetime(partial) {
      launch(
        .rows, "segment_mean_\(x.suffix)", blocks: (segments.count, tiles, parts), threads: rowThreads,
        shared: rowThreads * split.columns * 4, call)
      if parts > 1 {
        launch(
          .rows, "segment_mean_join", blocks: blocks(segments.count * width, per: rowThreads), threads: rowThreads,
          call)
      }
    }
  }

  func segmentMeanBackward(_ dy: Tensor, _ segments: Segments, into dx: Tensor) {
    let width = dx.shape.columns
    let split = RowSplit(width, dy, dx)
    let rows = 8 * split.rows
    guard segments.count > 0 && segments.longest > 0 else { return }
    launch(
      .rows, "segment_mean_backward_\(dx.suffix)",
      blocks: (segments.count, min(65535, blocks(segments.longest, per: rows)), 1), threads: rowThreads,
      ms_segment_mean_backward(
        dy: dy.floatPointer, offsets: segments.offsets.indexPointer, dx: dx.rawPointer, rows: Int32(rows),
        width: Int32(width), columns: Int32(split.columns), lanes: Int32(split.lanes)))
  }

  // MARK: Patches and unit length

  func patchify(_ images: Tensor, patch: Int, patches: Tensor?, into y: Tensor) {
    let (rows, width) = (y.shape.rows, y.shape.columns)
    let wide = patch % 4 == 0 && images.shape[3] % 4 == 0
    let columns = wide ? RowSplit(width, images, y).columns : 1
    let lanes = RowSplit.lanes(width / columns)
    let rowsOfBlock = 2 * rowThreads / lanes
    guard rows > 0 && width > 0 else { return }
    let units = min(MS_PATCH_UNITS, width / columns)
    launch(
      .rows, "patchify_\(y.suffix)",
      blocks: (blocks(rows, per: rowsOfBlock), blocks(width / columns, per: MS_PATCH_UNITS), 1), threads: rowThreads,
      shared: 4 * units,
      ms_patchify(
        images: images.floatPointer, patches: patches?.indexPointer, y: y.rawPointer, rows: Int64(rows),
        channels: Int32(images.shape[1]), height: Int32(images.shape[2]), width: Int32(images.shape[3]),
        patch: Int32(patch), columns: Int32(columns), lanes: Int32(lanes), rows_a_block: Int32(rowsOfBlock)))
  }

  func normalizeRows(_ x: Tensor, epsilon: Double, into y: Tensor, norms: Tensor) {
    normalize("normalize_rows", x, nil, into: y, norms, epsilon, RowSplit(x.shape.columns, x, y))
  }

  func normalizeRowsBackward(_ y: Tensor, norms: Tensor, epsilon: Double, _ dy: Tensor, into dx: Tensor) {
    normalize("normalize_rows_backward", y, dy, into: dx, norms, epsilon, RowSplit(y.shape.columns, y, dy, dx))
  }

  private func normalize(
    _ kernel: String, _ x: Tensor, _ dy: Tensor?, into y: Tensor, _ norms: Tensor, _ epsilon: Double, _ split: RowSplit
  ) {
    launch(
      .rows, kernel, blocks: blocks(x.shape.rows, per: rowThreads / 32), threads: rowThreads,
      ms_normalize_rows(
        x: x.floatPointer, dy: dy?.floatPointer, y: y.floatPointer, norms: norms.floatPointer,
        rows: Int64(x.shape.rows), width: Int32(x.shape.columns), columns: Int32(split.columns),
        epsilon: Float(epsilon)))
  }
}

/// Threads of a block of every kernel here.
private let rowThreads = 256

/// How threads share rows.
private struct RowSplit {
  /// Columns that a thread takes at once: 4 where the rows of all operands are aligned to as many, else 1.
  let columns: Int
  /// Threads beside each other in a row.
  let lanes: Int
  /// Rows that a block has beside each other.
  var rows: Int { rowThreads / lanes }

  init(_ width: Int, _ operands: Tensor...) {
    let isAligned = operands.allSatisfy { Int(bitPattern: $0.rawPointer) % (4 * $0.dtype.size) == 0 }
    columns = width % 4 == 0 && isAligned ? 4 : 1
    lanes = Self.lanes(width / columns)
  }

  /// The power of two, at most a warp, that `units` of a row keep busy.
  static func lanes(_ units: Int) -> Int {
    var lanes = 1
    while lanes < min(32, units) { lanes *= 2 }
    return lanes
  }
}
