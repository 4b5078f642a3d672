extension CheckCase {
  static func matrices() -> [CheckCase] {
    var cases: [CheckCase] = []
    for (m, n, k) in [
      (1, 1, 1), (3, 5, 0), (0, 4, 3), (7, 300, 9), (127, 41, 33), (128, 192, 16), (40, 30, 70), (64, 64, 64),
    ] {
      for (first, second) in [(false, false), (false, true), (true, false), (true, true)] {
        addProduct(m, n, k, (first, second), to: &cases)
      }
    }
    // Of rows of two pictures: a layer, its gradient, and its weight's.
    addProduct(394, 192, 384, (false, true), betas: [0], to: &cases)
    addProduct(394, 384, 192, (false, false), betas: [1], to: &cases)
    addProduct(192, 384, 394, (true, false), betas: [1], to: &cases)
    addStridedProduct(to: &cases)
    addBatches(to: &cases)
    for (rows, depth, width) in [(3, 5, 7), (1, 1, 1), (0, 4, 3), (67, 24, 40), (394, 64, 192)] {
      for activation in [Activation.identity, .gelu, .geluTanh, .quickGelu, .tanh, .relu, .sigmoid] {
        addLinear(rows, depth, width, activation, to: &cases)
      }
    }
    addLinearInBlocks(to: &cases)
    for (rows, width) in [(1, 1), (7, 33), (0, 5), (197, 384), (1000, 3)] {
      for activation in [Activation.identity, .gelu, .geluTanh, .quickGelu, .tanh, .relu, .sigmoid] {
        addActivationBackward(rows, width, activation, to: &cases)
      }
    }
    for (rows, width) in [(1, 1), (4099, 1), (7, 33), (0, 5), (394, 384), (1025, 10), (65, 1030)] {
      cases.add("columnSum", "\(rows)×\(width)") { t in
        let x = t.input([rows, width + 3])
        for beta in [0, 1, 0.5] {
          t.backend.columnSum(
            Matrix(x, start: 0, rows: rows, columns: width), into: t.sum("beta \(beta)", [width], beta, .rounded))
        }
        t.backend.columnSum(Matrix(x, columns: 2..<width + 2), into: t.sum("of columns", [width], 0, .rounded))
      }
    }
    return cases
  }

  private static func addProduct(
    _ m: Int, _ n: Int, _ k: Int, _ transposed: (Bool, Bool), betas: [Double] = [0, 1], to cases: inout [CheckCase]
  ) {
    let marks = "\(transposed.0 ? "ᵀ" : "")·\(transposed.1 ? "ᵀ" : "")"
    cases.add("gemm", "\(m)×\(k) \(marks) \(k)×\(n)") { t in
      let a = Matrix(t.input(transposed.0 ? [k, m] : [m, k]))
      let b = Matrix(t.input(transposed.1 ? [n, k] : [k, n]))
      func make(_ alpha: Double, _ beta: Double, _ type: DType) {
        let c = t.output(
          // What is added to may have been rounded before.
          "\(type), \(alpha), \(beta)", [m, n], type, beta == 0 ? .rounded : .computed,
          holding: beta == 0 ? .none : .normal())
        t.backend.gemm(alpha, a, transposed: transposed.0, b, transposed: transposed.1, beta, into: Matrix(c))
      }
      for beta in betas {
        for type in t.precision == .bf16 ? [DType.bf16, .f32] : [.f32] { make(1, beta, type) }
      }
      // Products of bf16 are taken as they are.
      if t.precision == .fp32 && betas.count > 1 { make(0.5, 0.25, .f32) }
    }
  }

  private static func addStridedProduct(to cases: inout [CheckCase]) {
    let blocks = [
      ("of even columns", 24, 40, 16, 8), ("of odd columns", 9, 33, 7, 5), ("of single columns", 1, 1, 1, 3),
    ]
    for (name, k, n, m, gap) in blocks {
      cases.add("gemm", "blocks \(name)") { t in
        for (first, second) in [(false, false), (false, true), (true, false), (true, true)] {
          func block(_ rows: Int, _ columns: Int) -> Matrix {
            Matrix(t.input([rows, columns + 2 * gap]), columns: gap..<gap + columns)
          }
          let (a, b) = (first ? block(k, m) : block(m, k), second ? block(n, k) : block(k, n))
          for beta in [0.0, 1] {
            let c = t.output(
              "\(first) \(second), \(beta)", [m, n + 2 * gap], nil, beta == 0 ? .rounded : .computed, holding: .normal()
            )
            t.backend.gemm(
              1, a, transposed: first, b, transposed: second, beta, into: Matrix(c, columns: gap..<gap + n))
          }
        }
      }
    }
    cases.add("gemm", "beside the borders of 16 bytes") { t in
      t.shift = 1
      let (a, b) = (Matrix(t.input([16, 24])), Matrix(t.input([24, 8])))
      t.backend.gemm(
        1, a, transposed: false, b, transposed: false, 0, into: Matrix(t.output("c", [16, 8], nil, .rounded)))
    }
  }

  private static func addBatches(to cases: inout [CheckCase]) {
    let batches: [(Shape, Shape, Shape)] = [
      ([2, 3, 4], [2, 4, 2], [2]), ([3, 4], [2, 4, 2], [2]), ([2, 1, 3, 4], [3, 4, 2], [2, 3]),
      ([1, 3, 4], [2, 4, 2], [2]), ([0, 3, 4], [1, 4, 2], [0]), ([2, 3, 65, 16], [2, 3, 16, 65], [2, 3]),
      ([130, 1, 5], [130, 5, 1], [130]), ([3, 33, 0], [3, 0, 7], [3]),
    ]
    for (a, b, leading) in batches {
      cases.add("products", "\(a) · \(b)", .single) { t in
        func turned(_ shape: Shape) -> Shape { shape.replacing(-1, with: shape[-2]).replacing(-2, with: shape[-1]) }
        for (first, second) in [(false, false), (false, true), (true, false), (true, true)] {
          let x = MatrixBatch(t.input(first ? turned(a) : a), leading: leading)
          let y = MatrixBatch(t.input(second ? turned(b) : b), leading: leading)
          let c = t.output("\(first) \(second)", Shape(leading.dimensions + [a[-2], b[-1]]), nil, .rounded)
          t.backend.products(x, transposed: first, y, transposed: second, into: c)
        }
      }
    }
  }

  private static func addLinear(
    _ rows: Int, _ depth: Int, _ width: Int, _ activation: Activation, to cases: inout [CheckCase]
  ) {
    cases.add("linear", "\(rows)×\(depth)→\(width) \(activation)") { t in
      let scale = 1 / Double(depth).squareRoot()
      let (x, weight) = (t.input([rows, depth]), t.input([width, depth], nil, .normal(scale: scale)))
      let bias = t.input([width], .f32)
      func run(_ name: String, _ type: DType?, _ bias: Tensor?, saving: Bool) {
        // In bf16 a bias may be rounded too, and an activation is of the value as it is saved.
        let isSingle = t.precision == .fp32 || type == .f32 && activation == .identity
        let accuracy = isSingle ? Accuracy.rounded : .computed
        let saved = saving ? t.output("\(name), saved", [rows, width], type, accuracy) : nil
        let y = t.output(name, [rows, width], type, accuracy)
        t.backend.linear(Matrix(x), weight, bias, activation, preactivation: saved, into: Matrix(y))
      }
      let saves = activation != .identity && !activation.savesOutput
      run("y", nil, bias, saving: false)
      run("without bias", nil, nil, saving: false)
      if saves { run("y for the way back", nil, bias, saving: true) }
      if saves { run("without bias for the way back", nil, nil, saving: true) }
      if t.precision == .bf16 {
        run("wide", .f32, bias, saving: false)
        if saves { run("wide for the way back", .f32, bias, saving: true) }
      }
    }
  }

  private static func addLinearInBlocks(to cases: inout [CheckCase]) {
    for (depth, width, gap) in [(24, 40, 8), (9, 33, 5)] {
      cases.add("linear", "blocks of \(depth) and \(width) columns") { t in
        let x = Matrix(t.input([67, depth + 2 * gap]), columns: gap..<gap + depth)
        // Some rows of a packed projection.
        let packed = t.input([3 * width, depth])
        let weight = packed.slice(from: width * depth, shape: [width, depth])
        let bias = t.input([3 * width], .f32).slice(from: width, shape: [width])
        t.backend.linear(
          x, weight, bias, .gelu, preactivation: nil, into: Matrix(t.output("activated", [67, width])))
        let y = t.output("y", [67, width + 2 * gap], nil, .computed, holding: .normal())
        t.backend.linear(x, weight, bias, .identity, preactivation: nil, into: Matrix(y, columns: gap..<gap + width))
      }
    }
  }

  private static func addActivationBackward(
    _ rows: Int, _ width: Int, _ activation: Activation, to cases: inout [CheckCase]
  ) {
    cases.add("activationBackward", "\(rows)×\(width) \(activation)") { t in
      let count = rows * width
      let saved = t.input(
        [rows, width], nil,
        activation.savesOutput
          ? .listed((0..<count).map { activation.value(2 * t.key.normal(at: $0)) }) : .normal(scale: 2))
      let dy = t.input([rows, width])
      func run(_ name: String, _ sum: Accumulation?) {
        t.backend.activationBackward(
          activation, saved: saved, dy, into: t.output(name, [rows, width], nil, .rounded), columnSum: sum)
      }
      run("dpre", nil)
      for beta in [0.0, 1] { run("dpre beside a sum, \(beta)", t.sum("sum, \(beta)", [width], beta)) }
      let place = t.output("in place", [rows, width], nil, .rounded, holding: .normal())
      t.backend.activationBackward(
        activation, saved: saved, place, into: place, columnSum: t.sum("its sum", [width], 0))
    }
  }
}
