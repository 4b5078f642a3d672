extension CheckCase {
  static func optimizers() -> [CheckCase] {
    var cases: [CheckCase] = []
    cases.add("sumOfSquares", "several parts", .single) { t in
      let parts = [4099, 1, 0, 1 << 16 + 3, 33].map { t.input([$0]) }
      t.backend.sumOfSquares(parts, into: t.output("all", [], .f64, .rounded))
      t.backend.sumOfSquares([parts[0]], into: t.output("one", [], .f64, .rounded))
      t.backend.sumOfSquares([], into: t.output("none", [], .f64, .rounded))
      t.shift = 1
      t.backend.sumOfSquares([t.input([67])], into: t.output("beside", [], .f64, .rounded))
    }
    addScalars(to: &cases)
    for hasFactor in [false, true] {
      addAdamW(hasFactor, to: &cases)
      for (momentum, isNesterov) in [(0.0, false), (0.9, false), (0.9, true)] {
        addSGD(momentum, isNesterov, hasFactor, to: &cases)
      }
      for count in [0, 1, 33, 4099, 1 << 16] {
        for decay in [0, 0.05] { addLAMB(count, decay, hasFactor, to: &cases) }
      }
    }
    for (count, decay) in [(0, 0.5), (4099, 0.75), (1 << 16, 0.9999)] {
      cases.add("average", "\(count), \(decay)", .single) { t in
        t.backend.average(
          t.input([count]), decay: decay, into: t.output("y", [count], nil, .rounded, holding: .normal()))
      }
    }
    return cases
  }

  private static func addScalars(to cases: inout [CheckCase]) {
    let rules: [(String, ScalarRule)] = [
      ("root", .root), ("clipping", .clipping(limit: 1)), ("capped", .capped), ("trust", .trust),
    ]
    for (name, rule) in rules {
      cases.add("scalar", name, .single) { t in
        for (a, b) in [(9.0, 0.25), (0.04, 3), (0, 2), (2, 0)] {
          func one(_ value: Double) -> Tensor { t.input([], .f64, .listed([value])) }
          t.backend.scalar(rule, one(a), one(b), into: t.output("\(a), \(b)", [], .f64, .rounded))
          t.backend.scalar(rule, one(a), nil, into: t.output("\(a) alone", [], .f64, .rounded))
          let place = t.output("\(a), \(b) in place", [], .f64, .rounded, holding: .listed([a]))
          t.backend.scalar(rule, place, one(b), into: place)
        }
      }
    }
  }

  /// An arena of runs at multiples of 16, with gaps that nobody updates.
  private enum Arena {
    static let count = 4800
    static var segments: [UpdateSegment] {
      [(0, 32, 1, 0), (64, 4112, 0.5, 0.1), (4192, 16, 0, 0.1)].map {
        UpdateSegment(offset: $0, count: $1, lrScale: $2, weightDecay: $3, table: nil)
      }
    }
    /// A table of rows of 20.
    static let table = (offset: 4224, rows: 9, row: 20)
    /// Rows with a gradient in two updates, and with one ever before.
    static let touched = [1, 0, 0, 1, 0, 1, 0, 0, 1]
    static let touchedNext = [1, 0, 1, 0, 0, 0, 0, 0, 1]
    static let ever = [1, 1, 0, 0, 0, 1, 1, 0, 0]

    /// Numbers, zero in the rows of the table that have none.
    static func numbers(_ t: Trial, _ stream: String, rows: [Int], _ number: (Double) -> Double = { $0 }) -> Numbers {
      let key = t.key.fold(stream)
      return .listed(
        (0..<count).map { index in
          let row = (index - table.offset) / table.row
          let isEmpty = index >= table.offset && row < table.rows && rows[row] == 0
          return isEmpty ? 0 : number(key.normal(at: index))
        })
    }
  }

  private static func addAdamW(_ hasFactor: Bool, to cases: inout [CheckCase]) {
    cases.add("adamW", hasFactor ? "clipped" : "") { t in
      let p = t.output("p", [Arena.count], .f32, .rounded, holding: .normal())
      let m = t.output(
        "m", [Arena.count], .f32, .rounded, holding: Arena.numbers(t, "m", rows: Arena.ever) { 0.1 * $0 })
      let v = t.output("v", [Arena.count], .f32, .rounded, holding: Arena.numbers(t, "v", rows: Arena.ever) { $0 * $0 })
      let shadow = shadow(t, p)
      let ever = t.scratch([Arena.table.rows], .u8, holding: .listed(Arena.ever.map { Double($0) }))
      // Rows touched in the first update move on in the second.
      for touched in [Arena.touched, Arena.touchedNext] {
        let gradient = t.input([Arena.count], .f32, Arena.numbers(t, "g", rows: touched))
        let table = UpdateSegment(
          offset: Arena.table.offset, count: Arena.table.rows * Arena.table.row, lrScale: 1, weightDecay: 0.05,
          table: (Arena.table.row, t.flags(touched), ever))
        let rates = AdamRates(
          lr: 0.01, beta1: 0.9, beta2: 0.99, epsilon: 1e-6, correction1: 0.271, correction2: 0.0297,
          factor: hasFactor ? t.input([], .f64, .listed([0.37])) : nil)
        t.backend.adamW(
          rates, Arena.segments + [table], OptimizerMemory(p: p, g: gradient, m: m, v: v, shadow: shadow))
      }
    }
  }

  private static func addSGD(
    _ momentum: Double, _ isNesterov: Bool, _ hasFactor: Bool, to cases: inout [CheckCase]
  ) {
    let part = "momentum \(momentum)\(isNesterov ? ", Nesterov's" : "")\(hasFactor ? ", clipped" : "")"
    cases.add("sgd", part) { t in
      let p = t.output("p", [Arena.count], .f32, .rounded, holding: .normal())
      let sum = momentum == 0 ? nil : t.output("sum", [Arena.count], .f32, .rounded, holding: .normal())
      t.backend.sgd(
        SGDRates(
          lr: 0.1, momentum: momentum, isNesterov: isNesterov,
          factor: hasFactor ? t.input([], .f64, .listed([0.37])) : nil), Arena.segments, p: p,
        g: t.input([Arena.count], .f32), sum: sum, shadow: shadow(t, p))
    }
  }

  private static func addLAMB(_ count: Int, _ decay: Double, _ hasFactor: Bool, to cases: inout [CheckCase]) {
    let part = "\(count), decay \(decay)\(hasFactor ? ", clipped" : "")"
    let kinds = [("", false, 0), (", zeros", true, 0), (", beside", false, 1)]
    for (kind, isZero, shift) in count == 33 ? kinds : [kinds[0]] {
      cases.add("lamb", part + kind, .single) { t in
        t.shift = shift
        let memory = OptimizerMemory(
          p: t.output("p", [count], nil, .rounded, holding: isZero ? .normal(scale: 0) : .normal()),
          g: t.input([count]),
          m: t.output("m", [count], nil, .rounded, holding: .normal(scale: 0.1)),
          v: t.output("v", [count], nil, .rounded, holding: .positive), shadow: nil)
        let rates = AdamRates(
          lr: 0.1, beta1: 0.9, beta2: 0.999, epsilon: 1e-6, correction1: 0.19, correction2: 0.001999,
          factor: hasFactor ? t.input([], .f64, .listed([0.37])) : nil)
        t.backend.lamb(rates, lrScale: 0.5, weightDecay: decay, memory)
      }
    }
  }

  /// The weights in bf16, where they are kept so.
  private static func shadow(_ t: Trial, _ p: Tensor) -> Tensor? {
    guard t.precision == .bf16 else { return nil }
    let shadow = t.output("shadow", p.shape, .bf16, .rounded)
    t.backend.convert(p, into: shadow)
    return shadow
  }
}
