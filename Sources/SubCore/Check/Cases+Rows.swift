extension CheckCase {
  static func rows() -> [CheckCase] {
    var cases: [CheckCase] = []
    for (rows, width, count) in [
      (5, 7, 9), (1, 1, 1), (4, 3, 0), (9, 20, 5), (300, 384, 197), (11, 1030, 14), (20000, 8, 5000), (3, 8, 3000),
    ] {
      addTables(rows, width, count, to: &cases)
    }
    for (lengths, width) in [
      ([1, 3, 2], 3), ([6], 1), ([197, 50, 147], 384), ([600], 96), ([20000], 1), ([3, 3], 1030),
    ] {
      let (rows, count) = (lengths.reduce(0, +), lengths.count)
      cases.add("segmentMean", "\(lengths) of \(width)") { t in
        t.backend.segmentMean(
          t.input([rows, width], nil, .normal(mean: 1)), Segments(lengths: lengths, on: t.device),
          into: t.output("y", [count, width], .f32, .rounded))
      }
      cases.add("segmentMeanBackward", "\(lengths) of \(width)") { t in
        t.backend.segmentMeanBackward(
          t.input([count, width], .f32), Segments(lengths: lengths, on: t.device),
          into: t.output("dx", [rows, width], nil, .rounded))
      }
    }
    for (images, patch) in [
      ([2, 3, 8, 12] as Shape, 4), ([1, 1, 7, 5], 3), ([2, 3, 32, 32], 16), ([1, 2, 6, 6], 1),
    ] {
      let (grid, width) = (images[2] / patch * (images[3] / patch), images[1] * patch * patch)
      cases.add("patchify", "\(images) by \(patch)") { t in
        let x = t.input(images, .f32)
        t.backend.patchify(
          x, patch: patch, patches: nil, into: t.output("all", [images[0] * grid, width], nil, .exact))
        let chosen = Array(t.key.permutation(images[0] * grid).prefix(3))
        t.backend.patchify(
          x, patch: patch, patches: t.indices(chosen), into: t.output("some", [chosen.count, width], nil, .exact))
      }
    }
    for (rows, width) in [(3, 5), (1, 1), (4, 1030), (197, 384), (0, 8)] { addUnitRows(rows, width, to: &cases) }
    return cases
  }

  private static func addTables(_ rows: Int, _ width: Int, _ count: Int, to cases: inout [CheckCase]) {
    let part = "\(count) of \(rows)×\(width)"
    func list(_ t: Trial) -> Tensor { t.indices((0..<count).map { t.key.integer(below: rows, at: $0) }) }
    cases.add("gatherRows", part) { t in
      let (table, indices) = (t.input([rows, width]), list(t))
      t.backend.gatherRows(table, indices, adding: false, into: t.output("y", [count, width], nil, .exact))
      guard t.precision == .fp32 else { return }
      let sum = t.output("added", [count, width], nil, .rounded, holding: .normal())
      t.backend.gatherRows(table, indices, adding: true, into: sum)
    }
    cases.add("scatterAddRows", part) { t in
      let (values, indices) = (t.input([count, width]), list(t))
      // Many of one index would be rounded too often.
      for type in t.precision == .bf16 && count < 1000 ? [DType.bf16, .f32] : [.f32] {
        let table = t.output(
          "\(type) table", [rows, width], type, type == .f32 ? .rounded : .computed, holding: .normal())
        t.backend.scatterAddRows(values, indices, into: table, touched: nil)
      }
      let flags = t.output("touched", [rows], .u8, .exact, holding: .listed((0..<rows).map { $0 == 1 ? 1 : 0 }))
      t.backend.scatterAddRows(
        values, indices, into: t.output("table", [rows, width], .f32, .rounded, holding: .normal()), touched: flags)
    }
    cases.add("scatterRows", part) { t in
      let order = t.key.permutation(max(rows, count))
      let places = t.indices(order.prefix(count).map { $0 < rows ? $0 : -1 })
      let table = t.output("table", [rows, width], nil, .exact, holding: .normal())
      t.backend.scatterRows(t.input([count, width]), places, into: table)
    }
    cases.add("clearRows", part, .single) { t in
      let flags = Numbers.listed((0..<rows).map { Double(t.key.integer(below: 2, at: $0)) })
      t.backend.clearRows(
        t.output("table", [rows, width], nil, .exact, holding: .normal()),
        touched: t.output("touched", [rows], .u8, .exact, holding: flags))
    }
  }

  private static func addUnitRows(_ rows: Int, _ width: Int, to cases: inout [CheckCase]) {
    // One row of zeros; and a least length that some rows do not reach.
    let zero = { (t: Trial) in
      Numbers.listed(
        (0..<rows * width).map { $0 / width == rows / 2 ? 0 : t.key.normal(at: $0) / Double(width).squareRoot() })
    }
    for epsilon in [1e-12, 1] {
      cases.add("normalizeRows", "\(rows)×\(width), at least \(epsilon)", .single) { t in
        t.backend.normalizeRows(
          t.input([rows, width], nil, zero(t)), epsilon: epsilon, into: t.output("y", [rows, width], nil, .rounded),
          norms: t.output("norms", [rows], nil, .rounded))
      }
      cases.add("normalizeRowsBackward", "\(rows)×\(width), at least \(epsilon)", .single) { t in
        let (y, norms, x) = (t.scratch([rows, width]), t.scratch([rows]), t.input([rows, width], nil, zero(t)))
        t.backend.normalizeRows(x, epsilon: epsilon, into: y, norms: norms)
        // The gradient of a row of zeros is divided by the least length alone: kept small, to let others count.
        let dy = Numbers.listed((0..<rows * width).map { $0 / width == rows / 2 ? epsilon : t.key.normal(at: -1 - $0) })
        t.backend.normalizeRowsBackward(
          y, norms: norms, epsilon: epsilon, t.input([rows, width], nil, dy),
          into: t.output("dx", [rows, width], nil, .computed))
      }
    }
  }
}
