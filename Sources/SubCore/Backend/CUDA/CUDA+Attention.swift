internal import CCudaKernels

extension CUDABackend {
  func attention(_ call: AttentionCall, into out: Tensor, logSumExp: Tensor) {
    hold()
    defer { letGo() }
    guard !attentionTilesHandle(call) else { return attentionTiles(call, into: out, logSumExp: logSumExp) }
    let tile = AttentionTile(call)
    let arguments = ms_attention(call, key: key(of: call.dropout), out: out, logSumExp: logSumExp)
    launch(
      .attention, "attention_forward_\(tile.width)",
      blocks: blocks(call.queries.longest, per: tile.rows) * call.heads * call.queries.count, threads: 128,
      shared: tile.bytes(rowTiles: 1), arguments)
  }

  func attentionBackward(
    _ call: AttentionCall, out: Tensor, logSumExp: Tensor, dout: Tensor, dq: Matrix, dk: Matrix, dv: Matrix,
    dbias: Tensor?, doutside: Tensor?
  ) {
    hold()
    defer { letGo() }
    guard !attentionTilesHandle(call) else {
      return attentionTilesBackward(
        call, out: out, logSumExp: logSumExp, dout: dout, dq: dq, dk: dk, dv: dv, dbias: dbias, doutside: doutside)
    }
    let tile = AttentionTile(call)
    let sequences = call.queries.count
    let queryTiles = blocks(call.queries.longest, per: tile.rows)
    let keyTiles = blocks(call.keys.longest, per: tile.rows)
    // For a bias a block takes sequences one after the other, so that parts of the bias' gradient are few: two rounds
    // of three blocks on every multiprocessor.
    let wanted = blocks(6 * multiprocessors, per: max(1, queryTiles * call.heads))
    let groups = dbias == nil ? sequences : min(sequences, wanted)
    let columns = 2 * call.q.columns
    let delta = out.like([call.queries.rows, call.heads], dtype: .f32)
    let biasParts = dbias.map { out.like([groups, $0.count], dtype: .f32) }
    let outsideParts = doutside.map { _ in out.like([sequences * keyTiles, columns], dtype: .f32) }

    var arguments = ms_attention(
      call, key: key(of: call.dropout), out: out, logSumExp: logSumExp, [Matrix(dout), dq, dk, dv])
    (arguments.dout, arguments.dq) = (ms_attention_matrix(Matrix(dout)), ms_attention_matrix(dq))
    (arguments.dk, arguments.dv) = (ms_attention_matrix(dk), ms_attention_matrix(dv))
    arguments.delta = delta.floatPointer
    arguments.groups = Int32(groups)
    arguments.dbias_parts = biasParts?.floatPointer
    arguments.doutside_parts = outsideParts?.floatPointer
    let shared = tile.bytes(rowTiles: 2)
    withExtendedLifetime((delta, biasParts, outsideParts)) {
      launch(
        .attention, "attention_delta", blocks: blocks(call.queries.rows * call.heads, per: 8), threads: 256, arguments)
      launch(
        .attention, "attention_queries_\(tile.width)", blocks: queryTiles * call.heads * groups, threads: 128,
        shared: shared, arguments)
      launch(
        .attention, "attention_keys_\(tile.width)", blocks: keyTiles * call.heads * sequences, threads: 128,
        shared: shared, arguments)
      if let dbias, let biasParts { addParts(biasParts, into: dbias.floatPointer) }
      if let doutside, let outsideParts { addParts(outsideParts, into: doutside.floatPointer + call.q.columns) }
    }
  }

  /// y += the sum of the rows of `parts`.
  func addParts(_ parts: Tensor, into y: UnsafeMutablePointer<Float>) {
    let (count, columns) = (parts.shape[0], parts.shape[1])
    guard count > 0 else { return }
    let threads = 32 * min(32, count)
    launch(
      .attention, "attention_sums", blocks: blocks(columns, per: 32), threads: threads,
      shared: threads * MemoryLayout<Float>.size,
      ms_attention_sums(parts: Int32(count), columns: Int64(columns), x: UnsafePointer(parts.floatPointer), y: y))
  }
}

/// The tiles of attention.cu's `Tile`.
private struct AttentionTile {
  /// A head's, at least.
  let width: Int
  let rows, columns: Int

  init(_ call: AttentionCall) {
    precondition(call.headWidth <= 256, "cuda: attention of \(call.headWidth) elements a head, more than 256")
    width = [32, 64, 128, 256].first { $0 >= call.headWidth }!
    rows = width == 256 ? 16 : 32
    columns = width == 256 ? 16 : width == 128 ? 32 : 64
  }

  /// Shared memory for so many tiles of rows, two tiles of columns, and a product of the two.
  func bytes(rowTiles: Int) -> Int {
    ((rowTiles * rows + 2 * columns) * (width + 4) + rows * (columns + 4)) * MemoryLayout<Float>.size
  }
}

extension ms_attention_matrix {
  fileprivate init(_ matrix: Matrix) { self.init(elements: matrix.rawPointer, stride: Int64(matrix.stride)) }
}

extension ms_attention {
  /// The forward pass; `gradients` are further operands whose rows matter to how memory is read.
  fileprivate init(
    _ call: AttentionCall, key: UnsafePointer<UInt64>?, out: Tensor, logSumExp: Tensor, _ gradients: [Matrix] = []
  ) {
    let matrices = [call.q, call.k, call.v, Matrix(out)] + gradients
    self.init()
    for matrix in matrices { type = call.q.tensor.kernelType(as: matrix.tensor) }
    let isVector = matrices.allSatisfy {
      $0.stride % 4 == 0 && UInt(bitPattern: $0.rawPointer) % UInt(4 * $0.tensor.dtype.size) == 0
    }
    is_vector = isVector && call.headWidth % 4 == 0 ? 1 : 0
    (heads, width) = (Int32(call.heads), Int32(call.headWidth))
    sequences = Int32(call.queries.count)
    (longest_query, longest_key) = (Int32(call.queries.longest), Int32(call.keys.longest))
    query_rows = Int64(call.queries.rows)
    query_offsets = UnsafePointer(call.queries.offsets.indexPointer)
    key_offsets = UnsafePointer(call.keys.offsets.indexPointer)
    q = ms_attention_matrix(call.q)
    k = ms_attention_matrix(call.k)
    v = ms_attention_matrix(call.v)
    scale = Float(call.scale)
    causal = call.causal ? 1 : 0
    key_mask = call.keyMask.map { UnsafePointer($0.flagPointer) }
    bias = call.bias.map { UnsafePointer($0.floatPointer) }
    if let dropout = call.dropout {
      dropout_threshold = dropout.threshold
      dropout_factor = 1 / (1 - dropout.rate)
      dropout_key = key
      first_row = Int64(dropout.firstRow)
    }
    places = call.rows.map { UnsafePointer($0.indexPointer) }
    regions = call.regions.map { UnsafePointer($0.flagPointer) }
    outside = call.outside.map { UnsafePointer($0.floatPointer) }
    self.out = ms_attention_matrix(Matrix(out))
    log_sum = logSumExp.floatPointer
  }
}
