internal import CCudaKernels

extension CUDABackend {
  func residualNorm(_ call: ResidualNormCall, z: Tensor?, y: Tensor?, mean: Tensor?, rstd: Tensor?) {
    hold()
    defer { letGo() }
    guard call.rows > 0 && call.width > 0 && (call.h != nil || y != nil) else { return }
    let arguments = ms_residual_norm(
      rows: Int32(call.rows), width: Int32(call.width), h_type: call.h?.kernelType ?? 0, y_type: y?.kernelType ?? 0,
      x: call.x.floatPointer, h: call.h.map { UnsafeRawPointer($0.rawPointer) }, branch: branch(of: call),
      weight: call.weight.map { UnsafePointer($0.floatPointer) },
      bias: call.bias.map { UnsafePointer($0.floatPointer) }, epsilon: Float(call.epsilon), z: z?.floatPointer,
      y: y?.rawPointer, mean: mean?.floatPointer, rstd: rstd?.floatPointer)
    let operands = [call.x, call.h, call.gamma, call.weight, call.bias, z, y]
    if y == nil || call.weight != nil && call.bias != nil, let row = NormRow(call.width, operands) {
      launch(
        .norm, "residual_norm_\(row.name)", blocks: blocks(call.rows, per: row.groups), threads: NormRow.threads,
        arguments)
    } else {
      launch(
        .norm, "residual_norm_any", blocks: blocks(call.rows, per: NormRow.threads / 32), threads: NormRow.threads,
        arguments)
    }
  }

  func residualNormBackward(
    _ call: ResidualNormCall, z: Tensor, mean: Tensor?, rstd: Tensor?, dz: Tensor?, dy: Tensor?, dx: Tensor,
    dh: Tensor?, dgamma: Accumulation?, dweight: Accumulation?, dbias: Accumulation?
  ) {
    hold()
    defer { letGo() }
    let (rows, width) = (call.rows, call.width)
    let h = dgamma == nil ? nil : call.h
    precondition(h == nil || dh == nil || h!.dtype == dh!.dtype, "cuda: branch and gradient of two types")
    let sums = dgamma != nil ? 3 : dweight != nil || dbias != nil ? 2 : 0
    let wanted = [dweight, dbias, dgamma].prefix(sums)
    guard rows > 0 && width > 0 else { return combineSums(nil, columns: width, into: Array(wanted)) }
    let row = dy == nil || call.weight != nil ? NormRow(width, [z, dz, dy, dx, dh, h, call.gamma, call.weight]) : nil
    let part = row?.partRows(rows, multiprocessors) ?? max(64, blocks(rows, per: 4 * multiprocessors))
    let parts = blocks(rows, per: part)
    let partial = sums == 0 ? nil : z.like([parts, sums, width], dtype: .f32)
    let arguments = ms_residual_norm_backward(
      rows: Int32(rows), width: Int32(width), h_type: (dh ?? h)?.kernelType ?? 0, y_type: dy?.kernelType ?? 0,
      z: z.floatPointer, mean: mean.map { UnsafePointer($0.floatPointer) },
      rstd: rstd.map { UnsafePointer($0.floatPointer) }, weight: call.weight.map { UnsafePointer($0.floatPointer) },
      dz: dz.map { UnsafePointer($0.floatPointer) }, dy: dy.map { UnsafeRawPointer($0.rawPointer) },
      dx: dx.floatPointer, writes_dx: dy == nil && dz?.floatPointer == dx.floatPointer ? 0 : 1,
      branch: branch(of: call), h: h.map { UnsafeRawPointer($0.rawPointer) }, dh: dh?.rawPointer,
      partial: partial?.floatPointer, sums: Int32(sums), part_rows: Int32(part))
    if let row {
      launch(
        .norm, "residual_norm_backward_\(row.name)", blocks: parts, threads: NormRow.threads,
        shared: row.groups * sums * width * 4, arguments)
    } else {
      launch(
        .norm, "residual_norm_backward_any", blocks: blocks(rows, per: NormRow.threads / 32), threads: NormRow.threads,
        arguments)
      launch(
        .norm, "residual_norm_sums_any", blocks: (sums == 0 ? 0 : blocks(width, per: 32), parts, 1), threads: 256,
        shared: 3 * 256 * 4, arguments)
    }
    combineSums(partial, parts: parts, columns: width, into: Array(wanted))
  }
}

/// How threads hold a row in registers.
private struct NormRow {
  static let threads = 128
  /// The threads of a row, and how often each of them holds four neighbours: what kernels there are.
  private static let kernels = [(8, 3), (16, 3), (32, 3), (32, 4), (32, 6), (32, 8), (32, 12)]

  let lanes, chunks: Int

  /// Nil where rows are too long, or an operand does not lie so that four neighbours are read at once.
  init?(_ width: Int, _ operands: [Tensor?]) {
    let isAligned = operands.allSatisfy {
      $0 == nil || UInt(bitPattern: $0!.rawPointer) % UInt(4 * $0!.dtype.size) == 0
    }
    guard width % 4 == 0 && isAligned, let kernel = Self.kernels.first(where: { 4 * $0.0 * $0.1 >= width }) else {
      return nil
    }
    (lanes, chunks) = kernel
  }

  var name: String { "\(lanes)x\(chunks)" }
  /// The rows that a block holds at a time.
  var groups: Int { Self.threads / lanes }

  /// The rows of a block of the backward pass: there are as many blocks as fit the device at once by their registers.
  func partRows(_ rows: Int, _ multiprocessors: Int) -> Int {
    let resident = multiprocessors * min(6, 24 / chunks)
    return blocks(rows, per: resident * groups) * groups
  }
}

extension CUDABackend {
  private func branch(of call: ResidualNormCall) -> ms_branch {
    let (dropout, path) = (call.dropout, call.path)
    let samples = path?.samples
    // No sequence is longer than the longest.
    let isEven = samples.map { $0.count * $0.longest == $0.rows } ?? false
    return ms_branch(
      gamma: call.gamma.map { UnsafePointer($0.floatPointer) }, dropout_key: key(of: dropout),
      first_position: UInt64((dropout?.firstRow ?? 0) * call.width),
      dropout_threshold: dropout?.threshold ?? 0,
      dropout_scale: dropout.map { 1 / (1 - $0.rate) } ?? 1, sample_rows: isEven ? Int32(samples!.longest) : 0,
      samples: Int32(samples?.count ?? 0), offsets: samples.map { UnsafePointer($0.offsets.indexPointer) },
      path_key: key(of: path), first_sample: UInt64(path?.firstSample ?? 0), path_rate: path?.rate ?? 0,
      path_scale: path.map { 1 / (1 - $0.rate) } ?? 0)
  }
}
