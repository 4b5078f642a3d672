// All sequences padded to the longest: [B, H, L, ·].
extension Backend {
  func attention(_ call: AttentionCall, into out: Tensor, logSumExp: Tensor) {
    let operands = PaddedAttention(call)
    let (p, total) = operands.probabilities
    operands.scatter(operands.dropped(p).matmul(operands.v), operands.queryRows, into: Matrix(out.asRows))
    let rows = StridedView(total.reshapedView(total.shape.removing(-1))).permuted([0, 2, 1]).dense()
    scatterRows(
      rows.reshapedView([operands.queries.count, call.heads]), operands.index(operands.queries), into: logSumExp)
  }

  func attentionBackward(
    _ call: AttentionCall, out: Tensor, logSumExp: Tensor, dout: Tensor, dq: Matrix, dk: Matrix, dv: Matrix,
    dbias: Tensor?, doutside: Tensor?
  ) {
    let operands = PaddedAttention(call)
    let (p, _) = operands.probabilities
    // Who stands outside has no result, and so no gradient to hand on.
    let upstream = operands.heads(dout.asRows.gathered(operands.queryRows), call.queries)
    let dp = operands.dropped(upstream.matmul(operands.v.transposed()))
    let ds = p * (dp - (p * dp).sum(-1, keepingAxes: true))
    let gradients = [
      (call.scale * ds.matmul(operands.k), operands.queryRows, operands.queries, dq),
      (call.scale * ds.transposed().matmul(operands.q), operands.keyRows, operands.keys, dk),
      (operands.dropped(p).transposed().matmul(upstream), operands.keyRows, operands.keys, dv),
    ]
    for (part, (gradient, rows, places, target)) in gradients.enumerated() {
      target.assign(target.tensor.zeros([target.rows, target.columns]))
      operands.scatter(gradient, rows, into: target)
      guard let doutside, part > 0 else { continue }
      let outside = places.indices.filter { places[$0] >= 0 && rows[$0] < 0 }
      let sums = Accumulation(
        tensor: doutside.slice(from: part * call.q.columns, shape: [call.q.columns]), beta: 1)
      columnSum(Matrix(operands.rows(gradient).gatherRows(operands.index(outside))), into: sums)
    }
    if let dbias { combine(1, ds.sum(0), 1, into: dbias) }
  }
}

/// Attention's operands, and what each place of the padded sequences is.
private struct PaddedAttention {
  let call: AttentionCall
  /// The number of the row of the sequences at every place, and the row of the operands; -1: none.
  let queries, keys, queryRows, keyRows: [Int]
  /// [B, H, L, head width].
  let q, k, v: Tensor

  init(_ call: AttentionCall) {
    self.call = call
    func rows(_ places: [Int]) -> [Int] {
      guard let list = call.rowList else { return places }
      return places.map { $0 < 0 ? -1 : Int(list[$0]) }
    }
    func outside(_ part: Int) -> Tensor? {
      call.outside?.slice(from: part * call.q.columns, shape: [call.q.columns])
    }
    (queries, keys) = (call.queries.padded, call.keys.padded)
    (queryRows, keyRows) = (rows(queries), rows(keys))
    q = Self.heads(call, call.q.values.gathered(queryRows), call.queries)
    k = Self.heads(call, call.k.values.gathered(keyRows, extra: outside(1)), call.keys)
    v = Self.heads(call, call.v.values.gathered(keyRows, extra: outside(2)), call.keys)
  }

  /// Softmax over the keys that each query sees, [B, H, Lq, Lk], zero where it sees none; and the logarithm of the sum
  /// [B, H, Lq, 1].
  var probabilities: (Tensor, logSum: Tensor) {
    var scores = call.scale * q.matmul(k.transposed())
    if let bias = call.bias { scores = scores + bias }
    if let regions = call.regions {
      let marks = regions.converted(to: q.dtype).reshapedView([regions.count, 1])
      let (own, other) = (marks.gathered(queries), marks.gathered(keys))
      let isSame = own.reshapedView([call.queries.count, 1, call.queries.longest, 1])
        .compared(.equal, other.reshapedView([call.keys.count, 1, 1, call.keys.longest]))
      scores = scores + (isSame.converted(to: q.dtype) - 1) * 100
    }
    let isSeen = isSeen.broadcast(to: scores.shape)
    let hidden = isSeen.compared(.equal, isSeen.constant(0)).selected(q.constant(-1e30), scores, like: scores)
    let top = hidden.maximum(-1, keepingAxes: true)
    let powers = (hidden - top).exp() * isSeen
    let sum = powers.sum(-1, keepingAxes: true)
    return (powers / sum.maximum(sum.constant(1e-30)), top + sum.log())
  }

  /// 1 where a query may see a key, else 0: [B, 1, Lq, Lk].
  private var isSeen: Tensor {
    var flags: [Double] = []
    for (own, other) in zip(call.queries.lengths, call.keys.lengths) {
      for query in 0..<call.queries.longest {
        let end = call.causal ? max(0, min(other, query + other - own + 1)) : other
        flags += (0..<call.keys.longest).map { $0 < end ? 1 : 0 }
      }
    }
    let isThere = Tensor(
      flags, [call.queries.count, 1, call.queries.longest, call.keys.longest], dtype: q.dtype, on: q.device)
    guard let mask = call.keyMask else { return isThere }
    let shown = mask.converted(to: q.dtype).reshapedView([mask.count, 1]).gathered(keys)
    let isHidden = shown.compared(.equal, shown.constant(0)).converted(to: q.dtype)
    return isThere * (1 - isHidden.reshapedView([call.keys.count, 1, 1, call.keys.longest]))
  }

  /// Dropout of [B, H, Lq, Lk]: its positions count rows, heads, and keys up to the longest.
  func dropped(_ p: Tensor) -> Tensor {
    guard let dropout = call.dropout else { return p }
    let factors = p.like([call.queries.rows, call.heads * call.keys.longest], filledWith: 1)
    factors.backend.dropout(factors, dropout, into: factors)
    let own = factors.gathered(queries)
      .reshapedView([call.queries.count, call.queries.longest, call.heads, call.keys.longest])
    return p * own.permuted([0, 2, 1, 3])
  }

  /// Rows [B·L, D] of the padded sequences by heads.
  func heads(_ rows: Tensor, _ segments: Segments) -> Tensor { Self.heads(call, rows, segments) }

  private static func heads(_ call: AttentionCall, _ rows: Tensor, _ segments: Segments) -> Tensor {
    rows.reshapedView([segments.count, segments.longest, call.heads, call.headWidth]).permuted([0, 2, 1, 3])
  }

  /// [B, H, L, head width] as rows [B·L, D].
  func rows(_ x: Tensor) -> Tensor {
    StridedView(x).permuted([0, 2, 1, 3]).dense().reshapedView([x.shape[0] * x.shape[2], call.q.columns])
  }

  /// Writes [B, H, L, head width] to the rows that its places have.
  func scatter(_ x: Tensor, _ places: [Int], into y: Matrix) {
    let values = y.values
    values.backend.scatterRows(rows(x), index(places), into: values)
    y.assign(values)
  }

  func index(_ rows: [Int]) -> Tensor { Tensor(indices: rows, on: q.device) }
}
