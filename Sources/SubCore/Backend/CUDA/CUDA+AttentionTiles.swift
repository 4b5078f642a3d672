internal import CCudaKernels

/// Attention on the matrix units: bf16 operands, heads of some widths.
extension CUDABackend {
  /// Whether these kernels take a call; others take any.
  func attentionTilesHandle(_ call: AttentionCall) -> Bool {
    let widths = call.isBiased ? [32, 64] : [32, 64, 80]
    guard call.q.tensor.dtype == .bf16 && widths.contains(call.headWidth) && call.scale > 0 else { return false }
    // Places number the rows of queries and keys at once.
    guard call.rows == nil || call.queries.lengths == call.keys.lengths else { return false }
    let isAligned = [call.q, call.k, call.v].allSatisfy(\.hasAlignedRows)
    // Positions of dropout within a sequence count up to 2³¹: they cross one multiple of 2³² at most.
    let positions = call.queries.longest * call.heads * call.keys.longest
    let tile = BackwardTile(call, sharedMemory: device.sharedMemory)
    return isAligned && positions < 1 << 31 && tile.fits && (call.outside == nil || tile.parts == 1)
  }

  func attentionTiles(_ call: AttentionCall, into out: Tensor, logSumExp: Tensor) {
    hold()
    defer { letGo() }
    let tile = ForwardTile(call)
    launch(
      .tilesForward, "attention_tiles_forward_\(call.headWidth)_\(tile.variant)",
      blocks: tile.parts * call.heads * call.queries.count, threads: 32 * tile.warps, shared: tile.shared,
      ms_attention_tiles(
        call, key: key(of: call.dropout), out: out, logSumExp: logSumExp, parts: tile.parts))
  }

  func attentionTilesBackward(
    _ call: AttentionCall, out: Tensor, logSumExp: Tensor, dout: Tensor, dq: Matrix, dk: Matrix, dv: Matrix,
    dbias: Tensor?, doutside: Tensor?
  ) {
    hold()
    defer { letGo() }
    precondition(
      dout.dtype == .bf16 && [Matrix(dout.asRows), dq, dk, dv].allSatisfy(\.hasAlignedRows),
      "cuda: gradients of attention that are not aligned rows of bf16")
    let tile = BackwardTile(call, sharedMemory: device.sharedMemory)
    let (rows, columns, sequences) = (call.queries.rows, call.q.columns, call.queries.count)
    let sums = tile.parts > 1 ? out.like([rows, columns], dtype: .f32) : nil
    let delta = dbias.map { _ in out.like([rows, call.heads], dtype: .f32) }
    let outsideParts = doutside.map { _ in out.like([sequences, 2 * columns], dtype: .f32) }
    // Two rounds of three blocks on every multiprocessor.
    let tiles = blocks(call.queries.longest, per: tileLength) * blocks(call.keys.longest, per: tileLength)
    let groups = min(sequences, blocks(6 * multiprocessors, per: max(1, tiles * call.heads)))
    let biasParts = dbias.map { out.like([groups, $0.count], dtype: .f32) }
    let arguments = ms_attention_tiles_backward(
      forward: ms_attention_tiles(
        call, key: key(of: call.dropout), out: out, logSumExp: logSumExp, parts: 0), dout: dout.rawPointer,
      dq: dq.rawPointer, dk: dk.rawPointer, dv: dv.rawPointer, dq_stride: Int64(dq.stride), dk_stride: Int64(dk.stride),
      dv_stride: Int64(dv.stride), dq_sums: sums?.floatPointer, delta: delta?.floatPointer,
      outside_parts: outsideParts?.floatPointer, groups: Int32(groups), bias_parts: biasParts?.floatPointer)
    withExtendedLifetime((sums, delta, outsideParts, biasParts)) {
      launch(
        .tilesBackward, "attention_tiles_backward_\(call.headWidth)_\(tile.variant)", blocks: call.heads * sequences,
        threads: 32 * tile.warps, shared: tile.shared, arguments)
      if let dbias, let biasParts {
        launch(
          .tilesBias, "attention_tiles_bias_\(call.headWidth)", blocks: (tiles, call.heads, groups), threads: 128,
          shared: 8 * tileLength * tileStride(call.headWidth) * 2, arguments)
        addParts(biasParts, into: dbias.floatPointer)
      }
      if let doutside, let outsideParts { addParts(outsideParts, into: doutside.floatPointer + columns) }
    }
  }
}

extension AttentionCall {
  /// Whether anything is added to scores, or rows are not in order.
  fileprivate var isBiased: Bool { bias != nil || rows != nil || regions != nil }

  /// Whether only the lengths decide what is seen and kept.
  fileprivate var isPlain: Bool { !isBiased && !causal && keyMask == nil && dropout == nil }
}

extension Matrix {
  /// Whether every row begins at a multiple of 16 bytes, as asynchronous copies need.
  fileprivate var hasAlignedRows: Bool {
    tensor.dtype == .bf16 && stride % 8 == 0 && UInt(bitPattern: rawPointer) % 16 == 0
  }
}

/// Elements between the rows of a tile: attention_tiles.cuh's `stride`.
private func tileStride(_ width: Int) -> Int { (width / 8 | 1) * 8 }

/// Queries or keys of a tile that passes by: its `length`.
private let tileLength = 64

/// How the forward pass is cut: blocks of up to four warps, 16 queries to a warp, or 32 of long sequences.
private struct ForwardTile {
  let variant: String
  let warps, parts, shared: Int

  init(_ call: AttentionCall) {
    let longest = call.queries.lengths.max() ?? 0
    let rows = call.isPlain && longest > 64 ? 32 : 16
    variant = call.isBiased ? "biased" : call.isPlain ? "\(rows)" : "full"
    warps = max(1, min(4, blocks(longest, per: rows)))
    parts = blocks(longest, per: rows * warps)
    // The queries; two tiles of keys and of values.
    shared = (warps * rows + 4 * tileLength) * tileStride(call.headWidth) * 2
  }
}

/// How the backward pass is cut: a block for each head of a sequence, 16 keys to a warp, in equal parts where there are
/// more than a block holds.
private struct BackwardTile {
  let variant: String
  let warps, parts, shared: Int
  let fits: Bool

  init(_ call: AttentionCall, sharedMemory: Int) {
    let (queries, keys) = (call.queries.lengths.max() ?? 0, call.keys.lengths.max() ?? 0)
    guard queries > 1 || call.isBiased else {
      (variant, warps, parts, shared, fits) = ("one", 4, 1, 4 * call.headWidth * 4, true)
      return
    }
    let stride = tileStride(call.headWidth)
    // Two tiles of queries and of gradients of results, and what is known of every query.
    let fixed = 4 * tileLength * stride * 2 + blocks(queries, per: 16) * 16 * 8
    // Keys, values and the slopes of their scores.
    let perWarp = 16 * (2 * stride + tileStride(tileLength)) * 2
    let most = min(call.headWidth > 64 ? 12 : 16, (sharedMemory - fixed) / perWarp)
    fits = most > 0
    let groups = max(1, blocks(keys, per: 16))
    parts = blocks(groups, per: max(1, most))
    warps = blocks(groups, per: parts)
    variant = call.isBiased ? "biased" : call.isPlain ? "plain" : "full"
    shared = fixed + warps * perWarp
  }
}

extension ms_attention_tiles {
  fileprivate init(
    _ call: AttentionCall, key: UnsafePointer<UInt64>?, out: Tensor, logSumExp: Tensor, parts: Int
  ) {
    self.init(
      q: call.q.rawPointer, k: call.k.rawPointer, v: call.v.rawPointer, q_stride: Int64(call.q.stride),
      k_stride: Int64(call.k.stride), v_stride: Int64(call.v.stride),
      q_offsets: UnsafePointer(call.queries.offsets.indexPointer),
      k_offsets: UnsafePointer(call.keys.offsets.indexPointer), sequences: Int32(call.queries.count),
      heads: Int32(call.heads), longest_query: Int32(call.queries.longest), longest_key: Int32(call.keys.longest),
      query_parts: Int32(parts), scale: Float(call.scale), causal: call.causal ? 1 : 0,
      key_mask: call.keyMask.map { UnsafePointer($0.flagPointer) },
      dropout: ms_attention_dropout(
        key: key, first_row: Int64(call.dropout?.firstRow ?? 0),
        threshold: call.dropout?.threshold ?? 0,
        scale: call.dropout.map { 1 / (1 - $0.rate) } ?? 1),
      bias: call.bias.map { UnsafePointer($0.floatPointer) }, places: call.rows.map { UnsafePointer($0.indexPointer) },
      regions: call.regions.map { UnsafePointer($0.flagPointer) },
      outside: call.outside.map { UnsafePointer($0.floatPointer) },
      out: out.rawPointer, log_sum_exp: logSumExp.floatPointer)
  }
}
