extension CheckCase {
  /// Attention over sequences, or over the windows of a grid.
  fileprivate struct AttentionExample {
    var part: String
    var heads = 2
    var headWidth: Int
    var queries: [Int]
    /// Nil: the queries themselves, all three side by side.
    var keys: [Int]?
    var isCausal = false
    var hasMask = false
    var hasBias = false
    var dropout: Float = 0
    var firstRow = 0
    /// The longest sequence of the batch whose part these are.
    var longest: Int?
    var windows: (samples: Int, grid: (Int, Int), window: (Int, Int), shift: (Int, Int))?
    var hasOutside = true
    var shift = 0
  }

  static func attention() -> [CheckCase] {
    let ragged = [9, 1, 37, 70]
    var examples = [
      AttentionExample(part: "3, 1, 5", headWidth: 4, queries: [3, 1, 5]),
      AttentionExample(part: "3, 1, 5 causal", headWidth: 4, queries: [3, 1, 5], isCausal: true),
      AttentionExample(part: "of one row", heads: 1, headWidth: 1, queries: [1]),
      AttentionExample(part: "biased", headWidth: 6, queries: [3, 3], hasBias: true),
      AttentionExample(part: "hidden keys", heads: 3, headWidth: 2, queries: [1, 1], keys: [3, 4], hasMask: true),
      AttentionExample(
        part: "all keys of a sequence hidden", headWidth: 8, queries: [2, 3], keys: [1, 4], hasMask: true),
      AttentionExample(part: "one query each", headWidth: 64, queries: [1, 1, 1, 1], keys: ragged),
      AttentionExample(
        part: "fewer queries than keys, causal", headWidth: 20, queries: [2, 3], keys: [5, 3], isCausal: true),
      AttentionExample(
        part: "a part of a batch", headWidth: 16, queries: [5, 9], hasBias: true, dropout: 0.2, firstRow: 300,
        longest: 13),
      AttentionExample(part: "197, 197 of 64", headWidth: 64, queries: [197, 197]),
      AttentionExample(
        part: "197 of 64, biased, dropped", headWidth: 64, queries: [197], hasBias: true, dropout: 0.1),
      AttentionExample(part: "77, 77 of 64, causal", headWidth: 64, queries: [77, 77], isCausal: true),
      AttentionExample(part: "300, 40 of 64", heads: 1, headWidth: 64, queries: [300, 40]),
      AttentionExample(
        part: "300 of 32, hidden, dropped", heads: 1, headWidth: 32, queries: [300], hasMask: true, dropout: 0.1),
      AttentionExample(part: "300 of 32, biased", heads: 1, headWidth: 32, queries: [300], hasBias: true),
      AttentionExample(part: "200 of 80", heads: 1, headWidth: 80, queries: [200, 33]),
      AttentionExample(part: "33 of 160, causal", headWidth: 160, queries: [33], isCausal: true),
      AttentionExample(
        part: "all keys of a sequence hidden, of 64", headWidth: 64, queries: [2, 3], keys: [1, 4], hasMask: true),
      AttentionExample(part: "70 of 64, beside the borders of 16 bytes", headWidth: 64, queries: [70], shift: 1),
    ]
    for headWidth in [64, 32, 20, 7, 80, 128] {
      for isCausal in [false, true] {
        examples.append(
          AttentionExample(
            part: "ragged of \(headWidth), hidden, dropped\(isCausal ? ", causal" : "")", headWidth: headWidth,
            queries: ragged, isCausal: isCausal, hasMask: true, dropout: 0.2))
      }
    }
    for (grid, window, shift) in [
      ((4, 6), (2, 3), (0, 0)), ((6, 4), (2, 2), (1, 1)), ((6, 3), (3, 3), (1, 0)), ((3, 5), (2, 3), (1, 1)),
      ((4, 4), (3, 3), (0, 0)), ((5, 7), (3, 3), (1, 1)),
    ] {
      for hasBias in [false, true] {
        examples.append(
          AttentionExample(
            part: "windows of \(window) in \(grid), shifted by \(shift)\(hasBias ? ", biased" : "")", headWidth: 16,
            queries: [], hasBias: hasBias, dropout: hasBias ? 0.2 : 0, windows: (2, grid, window, shift)))
      }
    }
    for (grid, window, shift) in [(14, 7, 0), (14, 7, 3), (9, 7, 3), (14, 12, 6)] {
      examples.append(
        AttentionExample(
          part: "Swin's windows of \(window) in \(grid), shifted by \(shift)", headWidth: 32, queries: [],
          hasBias: true, windows: (1, (grid, grid), (window, window), (shift, shift))))
    }
    examples.append(
      AttentionExample(
        part: "windows with zeros outside", headWidth: 8, queries: [], windows: (1, (3, 5), (2, 3), (1, 1)),
        hasOutside: false))
    var cases: [CheckCase] = []
    for example in examples {
      cases.add("attention", example.part) { t in example.forward(t) }
      cases.add("attentionBackward", example.part) { t in example.backward(t) }
    }
    return cases
  }
}

extension CheckCase.AttentionExample {
  private var width: Int { heads * headWidth }

  func forward(_ t: Trial) {
    let call = call(t)
    let out = t.output("out", [call.q.rows, width])
    // A key that stands outside may be read in bf16 like the others.
    let logSumExp = t.output(
      "log-sum-exp", [call.queries.rows, heads], .f32, call.outside == nil ? .rounded : .computed)
    t.backend.attention(call, into: out, logSumExp: logSumExp)
  }

  func backward(_ t: Trial) {
    let call = call(t)
    let (out, logSumExp) = (t.scratch([call.q.rows, width]), t.scratch([call.queries.rows, heads], .f32))
    // The reference reads neither.
    if !t.isExact { t.backend.attention(call, into: out, logSumExp: logSumExp) }
    let dout = t.input([call.q.rows, width])
    let dbias = call.bias.map { t.output("dbias", $0.shape, .f32, holding: .normal()) }
    let doutside = call.outside.map { t.output("doutside", $0.shape, .f32, holding: .normal()) }
    func run(_ dq: Matrix, _ dk: Matrix, _ dv: Matrix) {
      t.backend.attentionBackward(
        call, out: out, logSumExp: logSumExp, dout: dout, dq: dq, dk: dk, dv: dv, dbias: dbias, doutside: doutside)
    }
    guard keys == nil else {
      let (dq, dkv) = (t.output("dq", [call.q.rows, width]), t.output("dk, dv", [call.k.rows, 2 * width]))
      return run(Matrix(dq), Matrix(dkv, columns: 0..<width), Matrix(dkv, columns: width..<2 * width))
    }
    let packed = t.output("dq, dk, dv", [call.q.rows, 3 * width])
    run(
      Matrix(packed, columns: 0..<width), Matrix(packed, columns: width..<2 * width),
      Matrix(packed, columns: 2 * width..<3 * width))
  }

  private func call(_ t: Trial) -> AttentionCall {
    t.shift = shift
    let cut = windows.map {
      Windows(samples: $0.samples, grid: $0.grid, window: $0.window, shift: $0.shift, on: t.device)
    }
    let queries = cut?.segments ?? Segments(lengths: queries, longest: longest, on: t.device)
    let keys = self.keys.map { Segments(lengths: $0, on: t.device) } ?? queries
    // The first sequence's keys are hidden whole where it has but one.
    let mask = hasMask ? t.flags((0..<keys.rows).map { $0 % 5 == 2 || $0 == 0 ? 0 : 1 }) : nil
    var dropout = Dropout(dropout, t.key)
    dropout?.firstRow = firstRow
    let options = AttentionOptions(
      heads: heads, causal: isCausal, keyMask: mask,
      bias: hasBias ? t.input([heads, queries.longest, keys.longest], .f32) : nil, dropout: dropout)
    // Large enough for a few keys to have nearly all.
    func projections(_ rows: Int, _ columns: Int) -> Tensor { t.input([rows, columns], nil, .normal(scale: 1.5)) }
    guard self.keys == nil else {
      let (q, kv) = (projections(queries.rows, width), projections(keys.rows, 2 * width))
      return AttentionCall(
        q: Matrix(q), k: Matrix(kv, columns: 0..<width), v: Matrix(kv, columns: width..<2 * width), queries: queries,
        keys: keys, heads: heads, scale: 1 / Double(headWidth).squareRoot(), causal: isCausal, keyMask: mask,
        bias: options.bias, dropout: dropout)
    }
    var call = AttentionCall(packed: projections(cut?.gridRows ?? queries.rows, 3 * width), queries, options)
    guard let cut else { return call }
    (call.rows, call.rowList, call.regions) = (cut.rows, cut.rowList, cut.regions)
    call.outside = cut.hasOutside && hasOutside ? t.input([3 * width], .f32) : nil
    return call
  }
}
