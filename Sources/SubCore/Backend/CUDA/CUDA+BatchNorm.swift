internal import CCudaKernels

extension CUDABackend {
  func batchMoments(_ x: Tensor, mean: Tensor, variance: Tensor) {
    let cover = cover(x)
    let partial = x.like([2 * cover.blocks.1 * x.shape.columns], dtype: .f64)
    launch(
      .batchNorm, "batch_moments_\(cover.suffix)", blocks: cover.blocks, threads: 256, shared: cover.sharedBytes,
      ms_batch_moments(x: x.rawPointer, partial: partial.pointer(Double.self), cover: cover.arguments))
    launch(
      .batchNorm, "join_moments", blocks: blocks(x.shape.columns, per: 8), threads: 256, shared: 256 * 8,
      ms_join_moments(
        partial: partial.pointer(Double.self), mean: mean.floatPointer, variance: variance.floatPointer,
        cover: cover.arguments, blocks: Int32(cover.blocks.1)))
  }

  func batchNorm(_ call: BatchNormCall, into y: Tensor) {
    hold()
    defer { letGo() }
    let cover = cover(call.x, y, call.shortcut)
    var arguments = call.arguments(cover, key: key(of: call.path))
    arguments.shortcut = call.shortcut.map { UnsafeRawPointer($0.rawPointer) }
    arguments.y = y.rawPointer
    launch(.batchNorm, "batch_norm_\(cover.suffix)", blocks: cover.blocks, threads: 256, arguments)
  }

  func batchNormBackward(
    _ call: BatchNormCall, y: Tensor?, dy: Tensor, dz: Tensor?, dx: Tensor?, dweight: Accumulation?,
    dbias: Accumulation?
  ) {
    hold()
    defer { letGo() }
    precondition((y == nil) == (dz == nil), "cuda: batch-norm's dz goes with y")
    let (cover, width) = (cover(call.x, y, dy, dz, dx), call.width)
    let partial = call.x.like([2 * cover.blocks.1 * width], dtype: .f64)
    let slopes = call.x.like([2, width], dtype: .f32)
    var arguments = call.arguments(cover, key: key(of: call.path))
    arguments.rectified = y.map { UnsafeRawPointer($0.rawPointer) }
    arguments.dy = UnsafeRawPointer(dy.rawPointer)
    arguments.dz = dz?.rawPointer
    arguments.partial = partial.pointer(Double.self)
    arguments.slopes = UnsafePointer(slopes.floatPointer)
    let masks = y == nil && call.isRectified
    launch(
      .batchNorm, "batch_norm_\(y != nil ? "joint_" : masks ? "relu_" : "")sums_\(cover.suffix)", blocks: cover.blocks,
      threads: 256, shared: cover.sharedBytes, arguments)
    launch(
      .batchNorm, "join_batch_norm", blocks: blocks(width, per: 8), threads: 256, shared: 256 * 8,
      ms_join_batch_norm(
        partial: partial.pointer(Double.self), variance: call.variance.floatPointer, weight: call.weight.floatPointer,
        slopes: slopes.floatPointer, dweight: dweight?.tensor.floatPointer, dbias: dbias?.tensor.floatPointer,
        epsilon: Float(call.epsilon), beta_weight: Float(dweight?.beta ?? 0), beta_bias: Float(dbias?.beta ?? 0),
        is_of_batch: call.isOfBatch ? 1 : 0, blocks: Int32(cover.blocks.1), width: Int32(width),
        rows: Int64(call.rows)))
    guard let dx else { return }
    arguments.dy = UnsafeRawPointer((dz ?? dy).rawPointer)
    arguments.dx = dx.rawPointer
    launch(
      .batchNorm, "batch_norm_\(masks ? "relu_" : "")backward_\(cover.suffix)", blocks: cover.blocks, threads: 256,
      arguments)
  }

  /// Blocks over the rows of x, and of what is read or written beside it, of one type.
  private func cover(_ x: Tensor, _ others: Tensor?...) -> Cover {
    let units = RowUnits(x.shape.columns, of: [x] + others.compactMap { $0 })
    let (rows, step) = (x.shape.rows, 256 >> units.threadsAcross)
    // Four blocks a multiprocessor; a thread adds up 4 to 128 rows.
    let few = blocks(4 * multiprocessors, per: max(1, units.columns))
    let wanted = min(65535, max(few, blocks(rows, per: 128 * step)), blocks(rows, per: 4 * step))
    let share = max(1, blocks(blocks(rows, per: max(1, wanted)), per: step) * step)
    return Cover(
      arguments: ms_cover(
        rows: Int64(rows), block_rows: Int64(share), width: Int32(x.shape.columns),
        threads_across: Int32(units.threadsAcross)),
      blocks: (units.columns, blocks(rows, per: share), 1), suffix: units.suffix,
      sharedBytes: 2 * 256 * units.elements * 4)
  }
}

/// How blocks lie over rows: `blocks` across and down.
private struct Cover {
  let arguments: ms_cover
  let blocks: (Int, Int, Int)
  let suffix: String
  /// Two sums in f32 of every column that a thread holds.
  let sharedBytes: Int
}

extension BatchNormCall {
  fileprivate func arguments(_ cover: Cover, key: UnsafePointer<UInt64>?) -> ms_batch_norm {
    var arguments = ms_batch_norm()
    arguments.x = UnsafeRawPointer(x.rawPointer)
    arguments.mean = UnsafePointer(mean.floatPointer)
    arguments.variance = UnsafePointer(variance.floatPointer)
    arguments.weight = UnsafePointer(weight.floatPointer)
    arguments.bias = UnsafePointer(bias.floatPointer)
    arguments.epsilon = Float(epsilon)
    arguments.is_rectified = isRectified ? 1 : 0
    arguments.cover = cover.arguments
    if let path {
      arguments.offsets = UnsafePointer(path.samples.offsets.indexPointer)
      arguments.samples = Int32(path.samples.count)
      arguments.first_sample = Int64(path.firstSample)
      arguments.key = key
      arguments.drop = path.rate
    }
    return arguments
  }
}
