#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

extension ReferenceBackend {
  func attention(_ call: AttentionCall, into out: Tensor, logSumExp: Tensor) {
    let (places, y, lse) = (Places(call), Entries(Matrix(out)), Elements(logSumExp))
    call.forEachQuery { query, head, keys in
      let scores = call.scores(places, query, head, keys)
      let (probabilities, total) = softmaxAndLogSum(scores.map(\.score))
      lse[query.row * call.heads + head] = total
      guard let row = places.row(query.row) else { return }
      for column in head * call.headWidth..<(head + 1) * call.headWidth {
        y[row, column] = zip(scores, probabilities).reduce(0) { sum, pair in
          sum + pair.1 * call.keepFactor(query, head, pair.0.key - keys.lowerBound)
            * places.value(call.v, 2, pair.0.key, column)
        }
      }
    }
  }

  func attentionBackward(
    _ call: AttentionCall, out: Tensor, logSumExp: Tensor, dout: Tensor, dq: Matrix, dk: Matrix, dv: Matrix,
    dbias: Tensor?, doutside: Tensor?
  ) {
    let (places, gradient) = (Places(call), Entries(Matrix(dout)))
    for matrix in [dq, dk, dv] {
      for row in 0..<matrix.rows { for column in 0..<matrix.columns { Entries(matrix)[row, column] = 0 } }
    }
    /// Adds to the gradient of an operand, or of what stands outside.
    func add(_ amount: Double, to matrix: Matrix, _ part: Int, _ place: Int, _ column: Int) {
      if let row = places.row(place) {
        Entries(matrix)[row, column] += amount
      } else if let doutside {
        Elements(doutside)[part * call.q.columns + column] += amount
      }
    }
    call.forEachQuery { query, head, keys in
      // Who stands outside has no result, and so no gradient to hand on.
      guard let row = places.row(query.row) else { return }
      let columns = head * call.headWidth..<(head + 1) * call.headWidth
      let scores = call.scores(places, query, head, keys)
      let (p, _) = softmaxAndLogSum(scores.map(\.score))
      let keep = scores.map { call.keepFactor(query, head, $0.key - keys.lowerBound) }
      // dP of the undropped probabilities, then the softmax's own derivative.
      let dp = zip(scores, keep).map { score, keep in
        keep * columns.reduce(0) { $0 + gradient[row, $1] * places.value(call.v, 2, score.key, $1) }
      }
      let mean = zip(p, dp).reduce(0) { $0 + $1.0 * $1.1 }
      for (index, score) in scores.enumerated() {
        let ds = p[index] * (dp[index] - mean)
        for column in columns {
          add(p[index] * keep[index] * gradient[row, column], to: dv, 2, score.key, column)
          add(call.scale * ds * places.value(call.k, 1, score.key, column), to: dq, 0, query.row, column)
          add(call.scale * ds * places.value(call.q, 0, query.row, column), to: dk, 1, score.key, column)
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

/// Where the rows of the sequences stand in the operands.
private struct Places {
  private let rows: [Int]?
  private let outside: Elements?
  private let width: Int
  let regions: [UInt8]?

  init(_ call: AttentionCall) {
    rows = call.rows?.indexList
    outside = call.outside.map { Elements($0) }
    width = call.q.columns
    regions = call.regions?.flagList
  }

  /// The row of the operands at a place; nil: it lies outside.
  func row(_ place: Int) -> Int? {
    guard let rows else { return place }
    return rows[place] < 0 ? nil : rows[place]
  }

  /// An element of query, key or value (part 0, 1, 2). Outside, a query is zero.
  func value(_ matrix: Matrix, _ part: Int, _ place: Int, _ column: Int) -> Double {
    if let row = row(place) { return Entries(matrix)[row, column] }
    return part == 0 ? 0 : outside.map { $0[part * width + column] } ?? 0
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
  fileprivate func scores(
    _ places: Places, _ query: (row: Int, index: Int), _ head: Int, _ range: Range<Int>
  ) -> [(key: Int, score: Double)] {
    let flags = keyMask?.flagList
    return range.filter { key in flags.map { $0[key] != 0 } ?? true }.map { key in
      var score = 0.0
      for column in head * headWidth..<(head + 1) * headWidth {
        score += places.value(q, 0, query.row, column) * places.value(k, 1, key, column)
      }
      score *= scale
      if let bias {
        score += Elements(bias)[(head * queries.longest + query.index) * keys.longest + key - range.lowerBound]
      }
      if let regions = places.regions, regions[query.row] != regions[key] { score -= 100 }
      return (key, score)
    }
  }

  fileprivate func keepFactor(_ query: (row: Int, index: Int), _ head: Int, _ key: Int) -> Double {
    dropout?.factor(at: (query.row * heads + head) * keys.longest + key) ?? 1
  }
}
