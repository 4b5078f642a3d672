extension CheckCase {
  static func axes() -> [CheckCase] {
    var cases: [CheckCase] = []
    addCopies(to: &cases)
    addPairs(to: &cases)
    for (outer, length, inner) in [
      (1, 1, 1), (5, 7, 3), (3, 1, 4), (1, 4099, 1), (197, 384, 1), (1, 394, 384), (2, 300, 65), (7, 65, 130),
      (0, 4, 3),
    ] {
      addReductions(AxisSplit(outer: outer, length: length, inner: inner), to: &cases)
    }
    cases.add("reduce", "the sum of nothing", .single) { t in
      let axes = AxisSplit(outer: 2, length: 0, inner: 3)
      t.backend.reduce(.sum, t.input([0]), axes, into: t.sum("y", [2, 3], 0, .exact))
      t.backend.reduce(.sum, t.input([0]), axes, into: t.sum("added", [2, 3], 1, .exact))
    }
    cases.add("reduce", "no numbers", .single) { t in
      let x = t.input([2, 3, 2], nil, .listed([1, .nan, 3, 2, .nan, 7, .infinity, 1, 2, -.infinity, 3, 4]))
      for (name, reduction) in [("largest", Reduction.largest), ("smallest", .smallest)] {
        t.backend.reduce(reduction, x, AxisSplit(outer: 2, length: 3, inner: 2), into: t.sum(name, [2, 2], 0, .exact))
      }
    }
    return cases
  }

  /// Views of many orders, parts and repetitions.
  private static let views: [(name: String, shape: Shape, view: @Sendable (StridedView) -> StridedView)] = [
    ("whole", [4099], { $0 }), ("one", [], { $0 }), ("nothing", [0, 3], { $0 }),
    ("turned", [65, 130], { $0.permuted([1, 0]) }), ("matrices turned", [7, 65, 33], { $0.permuted([0, 2, 1]) }),
    ("rows of channels", [2, 3, 14, 10], { $0.permuted([0, 2, 3, 1]) }),
    ("heads", [2, 197, 3, 16], { $0.permuted([0, 2, 1, 3]) }),
    ("patches", [2, 3, 4, 8, 3, 8], { $0.permuted([0, 2, 4, 1, 3, 5]) }),
    ("backwards", [5, 6, 7], { $0.permuted([2, 1, 0]) }), ("columns", [65, 130], { $0.part(3..<60, axis: 1) }),
    ("rows", [65, 130], { $0.part(3..<60, axis: 0) }),
    ("a turned part", [7, 65, 33], { $0.part(3..<60, axis: 1).permuted([1, 2, 0]) }),
    ("a row repeated", [130], { $0.broadcast(to: [65, 130]) }),
    ("a column repeated", [65, 1], { $0.broadcast(to: [65, 130]) }),
    ("one repeated", [], { $0.broadcast(to: [3, 67]) }),
    ("two axes repeated", [1, 6, 1, 7], { $0.broadcast(to: [5, 6, 3, 7]) }),
  ]

  private static func addCopies(to cases: inout [CheckCase]) {
    for (name, shape, view) in views {
      cases.add("copy", name) { t in
        let x = view(StridedView(t.input(shape)))
        t.backend.copy(x, adding: false, into: StridedView(t.output("y", x.shape, nil, .exact)))
        if x.shape.rank < 6 {
          let whole: Shape = x.shape.inserting(3, at: -1)
          let y = StridedView(t.output("a column", whole, nil, .exact, holding: .normal()))
          t.backend.copy(x, adding: false, into: y.part(1..<2, axis: x.shape.rank).squeezedLast(1))
        }
        guard t.precision == .fp32 else { return }
        let place = t.output("added", x.shape, nil, .rounded, holding: .normal())
        t.backend.copy(x, adding: true, into: StridedView(place))
      }
    }
    for type in [DType.u8, .i32, .f64] {
      for (name, shape, view) in views {
        cases.add("copy", "\(type), \(name)", .single) { t in
          let numbers = Numbers.listed((0..<shape.count).map { Double($0 % 251) })
          let x = view(StridedView(t.input(shape, type, numbers)))
          t.backend.copy(x, adding: false, into: StridedView(t.output("y", x.shape, type, .exact)))
        }
      }
    }
    cases.add("copy", "into turned and cut memory", .single) { t in
      for isAdding in [false, true] {
        let y = t.output("y, adding \(isAdding)", [5, 9, 8], nil, .rounded, holding: .normal())
        t.backend.copy(
          StridedView(t.input([8, 4, 5])), adding: isAdding,
          into: StridedView(y).part(2..<6, axis: 1).permuted([2, 1, 0]))
      }
    }
  }

  private static func addPairs(to cases: inout [CheckCase]) {
    let pairs: [(Shape, Shape)] = [
      ([3, 4], [3, 4]), ([2, 3], []), ([], [2, 3]), ([4, 3], [3]), ([3], [4, 3]), ([3, 4], [3, 1]),
      ([2, 3, 4], [3, 1]),
      ([2, 1, 3], [4, 1]), ([2, 3, 2, 2], [1, 3, 1, 1]), ([1, 3, 1], [2, 1, 4]), ([1, 1], [1]), ([0, 3], [3]),
      ([4099], [4099]), ([197, 384], [197, 1]), ([197, 384], [384]), ([7, 65, 130], [65, 1]), ([7, 1, 130], [65, 1]),
    ]
    let functions: [(String, BinaryFunction)] = [
      ("add", .add), ("subtract", .subtract), ("multiply", .multiply), ("divide", .divide), ("larger", .larger),
      ("smaller", .smaller),
    ]
    let comparisons: [(String, Comparison)] = [("less", .less), ("less or equal", .lessOrEqual), ("equal", .equal)]
    for (a, b) in pairs {
      let shape = a.broadcast(with: b)
      cases.add("apply", "two of \(a) and \(b)", .single) { t in
        let (x, y) = (StridedView(t.input(a)).broadcast(to: shape), t.input(b, nil, .positive))
        for (name, function) in functions {
          t.backend.apply(function, x, StridedView(y).broadcast(to: shape), into: t.output(name, shape, nil, .rounded))
        }
        guard a == shape else { return }
        let place = t.output("in place", shape, nil, .rounded, holding: .normal())
        t.backend.apply(.subtract, StridedView(place), StridedView(y).broadcast(to: shape), into: place)
      }
      cases.add("compare", "\(a) and \(b)", .single) { t in
        // Few numbers, so that some are equal.
        func numbers(_ count: Int, _ stream: Int) -> Numbers {
          .listed((0..<count).map { Double(t.key.fold(stream).integer(below: 3, at: $0)) })
        }
        let x = StridedView(t.input(a, nil, numbers(a.count, 0))).broadcast(to: shape)
        let y = StridedView(t.input(b, nil, numbers(b.count, 1))).broadcast(to: shape)
        for (name, comparison) in comparisons {
          t.backend.compare(comparison, x, y, into: t.output(name, shape, .u8, .exact))
        }
      }
    }
    cases.add("apply", "two where one is no number", .single) { t in
      let x = StridedView(t.input([6], nil, .listed([1, .nan, .infinity, 0, .nan, -.infinity])))
      let y = StridedView(t.input([6], nil, .listed([.nan, 1, -.infinity, 0, .nan, 2])))
      for (name, function) in functions { t.backend.apply(function, x, y, into: t.output(name, [6], nil, .exact)) }
      for (name, comparison) in comparisons {
        t.backend.compare(comparison, x, y, into: t.output(name, [6], .u8, .exact))
      }
    }
  }

  private static func addReductions(_ axes: AxisSplit, to cases: inout [CheckCase]) {
    let (whole, kept) = (axes.outer * axes.length * axes.inner, axes.outer * axes.inner)
    cases.add("reduce", "\(axes.outer)×\(axes.length)×\(axes.inner)", .single) { t in
      let x = t.input([whole])
      for beta in [0, 1, 0.5] {
        t.backend.reduce(.sum, x, axes, into: t.sum("sum, beta \(beta)", [kept], beta, .rounded))
      }
      t.backend.reduce(.largest, x, axes, into: t.sum("largest", [kept], 0, .exact))
      t.backend.reduce(.smallest, x, axes, into: t.sum("smallest", [kept], 0, .exact))
    }
    cases.add("argmax", "\(axes.outer)×\(axes.length)×\(axes.inner)") { t in
      t.backend.argmax(t.input([whole]), axes, into: t.output("y", [kept], .i32, .exact))
      let few = Numbers.listed((0..<whole).map { Double(t.key.integer(below: 5, at: $0)) })
      t.backend.argmax(t.input([whole], nil, few), axes, into: t.output("equal ones", [kept], .i32, .exact))
      let gaps = Numbers.listed((0..<whole).map { t.key.integer(below: 9, at: $0) == 0 ? .nan : Double($0 % 7) })
      t.backend.argmax(t.input([whole], nil, gaps), axes, into: t.output("no numbers", [kept], .i32, .exact))
    }
  }
}
