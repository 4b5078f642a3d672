#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

extension ReferenceBackend {
  func attention(_ call: AttentionCall, into out: Tensor, logSumExp: Tensor) {
    let (v, y, lse) = (Entries(call.v), Entries(Matrix(out)), Elements(logSumExp))
    call.forEachQuery { query, head, keys in
      let scores = call.scores(query, head, keys)
      let (probabilities, total) = softmaxAndLogSum(scores.map(\.score))
      lse[query.row * call.heads + head] = total
      for column in head * call.headWidth..<(head + 1) * call.headWidth {
        y[query.row, column] = zip(scores, probabilities).reduce(0) { sum, pair in
          sum + pair.1 * call.keepFactor(query, head, pair.0.key - keys.lowerBound) * v[pair.0.key, column]
        }
      }
    }
  }

  func attentionBackward(
    _ call: AttentionCall, out: Tensor, logSumExp: Tensor, dout: Tensor, dq: Matrix, dk: Matrix, dv: Matrix,
    dbias: Tensor?
  ) {
    let (q, k, v) = (Entries(call.q), Entries(call.k), Entries(call.v))
    let (gq, gk, gv, g) = (Entries(dq), Entries(dk), Entries(dv), Entries(Matrix(dout)))
    for (matrix, gradient) in [(dq, gq), (dk, gk), (dv, gv)] {
      for row in 0..<matrix.rows { for column in 0..<matrix.columns { gradient[row, column] = 0 } }
    }
    call.forEachQuery { query, head, keys in
      let columns = head * call.headWidth..<(head + 1) * call.headWidth
      let scores = call.scores(query, head, keys)
      let (p, _) = softmaxAndLogSum(scores.map(\.score))
      let keep = scores.map { call.keepFactor(query, head, $0.key - keys.lowerBound) }
      // dP of the undropped probabilities, then the softmax's own derivative.
      let dp = zip(scores, keep).map { score, keep in
        keep * columns.reduce(0) { $0 + g[query.row, $1] * v[score.key, $1] }
      }
      let mean = zip(p, dp).reduce(0) { $0 + $1.0 * $1.1 }
      for (index, score) in scores.enumerated() {
        let ds = p[index] * (dp[index] - mean)
        for column in columns {
          gv[score.key, column] += p[index] * keep[index] * g[query.row, column]
          gq[query.row, column] += call.scale * ds * k[score.key, column]
          gk[score.key, column] += call.scale * ds * q[query.row, column]
        }
        if let dbias {
          Elements(dbias)[
            (head * call.queries.longest + query.index) * call.keys.longest + score.key - keys.lowerBound] += ds
        }
      }
    }
  }

  private func softmaxAndLogSum(_ scores: [Double]) -> (probabilities: [Double], logSum: Double) {
    guard let top = scores.max() else { return ([], -.infinity) }
    let powers = scores.map { exp($0 - top) }
    let sum = powers.reduce(0, +)
    return (powers.map { $0 / sum }, top + log(sum))
  }
}

extension AttentionCall {
  fileprivate func forEachQuery(_ body: ((row: Int, index: Int), Int, Range<Int>) -> Void) {
    let (queryEnds, keyEnds) = (queries.offsets.indexList, keys.offsets.indexList)
    for sequence in 0..<queries.count {
      for row in queryEnds[sequence]..<queryEnds[sequence + 1] {
        for head in 0..<heads {
          let index = row - queryEnds[sequence]
          var range = keyEnds[sequence]..<keyEnds[sequence + 1]
          if causal {
            let seen = index + range.count - (queryEnds[sequence + 1] - queryEnds[sequence]) + 1
            range = range.lowerBound..<(range.lowerBound + max(0, min(range.count, seen)))
          }
          body((row, index), head, range)
        }
      }
    }
  }

  /// The scaled and biased scores of the keys that a query sees.
  fileprivate func scores(_ query: (row: Int, index: Int), _ head: Int, _ range: Range<Int>) -> [(
    key: Int, score: Double
  )] {
    let (q, k) = (Entries(q), Entries(k))
    let flags = keyMask?.flagList
    return range.filter { key in flags.map { $0[key] != 0 } ?? true }.map { key in
      var score = 0.0
      for column in head * headWidth..<(head + 1) * headWidth { score += q[query.row, column] * k[key, column] }
      score *= scale
      if let bias {
        score += Elements(bias)[(head * queries.longest + query.index) * keys.longest + key - range.lowerBound]
      }
      return (key, score)
    }
  }

  fileprivate func keepFactor(_ query: (row: Int, index: Int), _ head: Int, _ key: Int) -> Double {
    dropout?.factor(at: (query.row * heads + head) * keys.longest + key) ?? 1
  }
}
