extension CheckCase {
  /// Numbers that go to a device come back.
  static func memory() -> [CheckCase] {
    var cases: [CheckCase] = []
    for type in [DType.f32, .bf16, .f64, .i32, .u8] {
      cases.add("upload, download", "\(type)", .single) { t in
        let numbers = Numbers.listed((0..<4099).map { Double($0 % 251) })
        _ = t.output("one", [], type, .exact, holding: numbers)
        _ = t.output("many", [4099], type, .exact, holding: numbers)
        t.backend.synchronize()
      }
    }
    return cases
  }

  static func elementwise() -> [CheckCase] {
    var cases: [CheckCase] = []
    for (type, value) in [(DType.f32, -1.5), (.f32, 0), (.bf16, 3), (.u8, 1), (.i32, -7)] {
      cases.add("fill", "\(type) with \(value)", .single) { t in
        for count in [0, 1, 4099] { t.backend.fill(t.output("\(count)", [count], type, .exact), with: value) }
        t.shift = 1
        t.backend.fill(t.output("beside", [67], type, .exact), with: value)
      }
    }
    addSums(to: &cases)
    addConversions(to: &cases)
    cases.add("uniform", "", .single) { t in
      for count in [1, 4099] { t.backend.uniform(t.key, into: t.output("\(count)", [count], .f32, .exact)) }
    }
    for (shape, rate, firstRow) in [([7, 33] as Shape, 0.1, 0), ([7, 33], 0.5, 5), ([197, 384], 0.1, 1 << 26)] {
      cases.add("dropout", "\(shape), \(rate) from row \(firstRow)") { t in
        var dropout = Dropout(Float(rate), t.key)!
        dropout.firstRow = firstRow
        t.backend.dropout(t.input(shape), dropout, into: t.output("y", shape, nil, .rounded))
        let place = t.output("in place", shape, nil, .rounded, holding: .normal())
        t.backend.dropout(place, dropout, into: place)
      }
    }
    for activation in [Activation.identity, .gelu, .geluTanh, .quickGelu, .tanh, .relu, .sigmoid] {
      addActivation(activation, to: &cases)
    }
    addFunctions(to: &cases)
    for (a, b) in [(4099, 4099), (1, 4099), (4099, 1), (1, 1)] {
      cases.add("select", "\(a) and \(b) by 4099", .single) { t in
        let mask = t.flags((0..<4099).map { t.key.integer(below: 3, at: $0) })
        let (x, y) = (t.input([a]), t.input([b]))
        t.backend.select(mask, x, y, into: t.output("y", [4099], nil, .exact))
        guard a == 4099 else { return }
        let place = t.output("in place", [4099], nil, .exact, holding: .normal())
        t.backend.select(mask, place, y, into: place)
      }
    }
    return cases
  }

  private static func addSums(to cases: inout [CheckCase]) {
    let types: [(DType, DType, Precision)] = [
      (.f32, .f32, .fp32), (.bf16, .bf16, .bf16), (.f32, .bf16, .bf16), (.bf16, .f32, .bf16),
    ]
    for (from, to, precision) in types {
      for (alpha, beta) in [(1.0, 0.0), (-0.3, 0), (1, 1), (0.3, 0.7), (-1, 1), (0.5, 1)] {
        cases.add("combine", "\(alpha) · \(from) + \(beta) · \(to)", [precision]) { t in
          let numbers = beta == 0 ? Numbers.none : .normal()
          let accuracy = alpha == 1 && beta == 0 ? Accuracy.exact : .rounded
          for (count, shift) in [(0, 0), (1, 0), (4099, 0), (4099, 1), (4099, 3), (1 << 16, 0)] {
            t.shift = shift
            let x = t.input([count], from)
            t.shift = count == 4099 ? 1 : 0
            t.backend.combine(alpha, x, beta, into: t.output("\(count)", [count], to, accuracy, holding: numbers))
          }
          guard from == to else { return }
          let place = t.output("in place", [4099], to, accuracy, holding: .normal())
          t.backend.combine(alpha, place, beta, into: place)
        }
      }
    }
    for type in [DType.f32, .f64] {
      for alpha in [1, -0.25] {
        cases.add("scale", "by one \(type), \(alpha)", .single) { t in
          let factor = t.input([], type, .listed([0.7]))
          for count in [0, 4099] {
            t.backend.scale(t.input([count]), by: factor, alpha, into: t.output("\(count)", [count], nil, .rounded))
          }
          let place = t.output("in place", [7, 33], nil, .rounded, holding: .normal())
          t.backend.scale(place, by: factor, alpha, into: place)
        }
      }
    }
  }

  private static func addConversions(to cases: inout [CheckCase]) {
    // Halves go to the even neighbour; what is too large becomes infinite.
    let special = [
      1, 1.00390625, 1.01171875, -1.00390625, 3.4e38, -3.0e38, 1e-40, -1e-40, 0, -0.0, .infinity, -.infinity, .nan,
    ]
    let types: [(DType, DType)] = [
      (.f32, .bf16), (.bf16, .f32), (.f64, .f32), (.u8, .f32), (.i32, .f32), (.u8, .bf16), (.i32, .bf16), (.f32, .u8),
      (.f32, .i32),
    ]
    for (from, to) in types {
      cases.add("convert", "\(from) to \(to)", .single) { t in
        let areNumbers = from.isFloating && to.isFloating
        let numbers = areNumbers ? Numbers.normal() : .listed((0..<4099).map { Double($0 % 256) })
        for (count, shift) in [(0, 0), (4099, 0), (67, 1)] {
          t.shift = shift
          t.backend.convert(t.input([count], from, numbers), into: t.output("\(count)", [count], to, .exact))
        }
        guard areNumbers else { return }
        t.backend.convert(
          t.input([special.count], from, .listed(special)), into: t.output("special", [special.count], to, .exact))
      }
    }
  }

  private static func addActivation(_ activation: Activation, to cases: inout [CheckCase]) {
    let far = [-1e4, -90, -40, -20, -10, -6, -5, -4, 0, 4, 5, 6, 10, 20, 40, 90, 1e4]
    cases.add("activate", "\(activation)") { t in
      for (count, shift) in [(0, 0), (4099, 0), (67, 1)] {
        t.shift = shift
        let x = t.input([count], nil, .normal(scale: 3))
        t.backend.activate(activation, x, into: t.output("\(count)", [count], nil, .rounded))
      }
      t.backend.activate(
        activation, t.input([far.count], nil, .listed(far)), into: t.output("far", [far.count], nil, .rounded))
      let place = t.output("in place", [7, 33], nil, .rounded, holding: .normal())
      t.backend.activate(activation, place, into: place)
    }
    cases.add("slope", "\(activation)") { t in
      // An output that is saved is within the function's range; others are as they are.
      let saved =
        activation == .tanh || activation == .sigmoid
        ? Numbers.listed((0..<4099).map { Double(t.key.uniform(at: $0)) }) : .normal(scale: 3)
      for count in [0, 4099] {
        t.backend.slope(
          activation, saved: t.input([count], nil, saved), into: t.output("\(count)", [count], nil, .rounded))
      }
      guard !activation.savesOutput else { return }
      t.backend.slope(
        activation, saved: t.input([far.count], nil, .listed(far)), into: t.output("far", [far.count], nil, .rounded))
    }
  }

  private static func addFunctions(to cases: inout [CheckCase]) {
    let borders = [-2, -0.5, 0, 1, .infinity, .nan]
    let functions: [(String, UnaryFunction, Numbers)] = [
      ("exp", .exp, .normal(scale: 2)), ("log", .log, .positive), ("sqrt", .sqrt, .positive), ("abs", .abs, .normal()),
      ("sign", .sign, .normal()), ("power 3", .power(3), .normal()), ("power -2", .power(-2), .positive),
      ("power 0.5", .power(0.5), .positive), ("power -0.3", .power(-0.3), .positive),
    ]
    for (name, function, numbers) in functions {
      cases.add("apply", name, .single) { t in
        for count in [0, 1, 4099] {
          t.backend.apply(function, t.input([count], nil, numbers), into: t.output("\(count)", [count], nil, .rounded))
        }
        let place = t.output("in place", [67], nil, .rounded, holding: numbers)
        t.backend.apply(function, place, into: place)
        let ends = name == "sign" ? Array(borders.dropLast()) : borders
        t.backend.apply(
          function, t.input([ends.count], nil, .listed(ends)), into: t.output("borders", [ends.count], nil, .rounded))
      }
    }
  }
}
