#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

extension ReferenceBackend {
  func copy(_ x: StridedView, adding: Bool, into y: StridedView) {
    precondition(x.shape == y.shape, "copy: \(x.shape) into \(y.shape)")
    guard adding else { return copyBits(x, into: y) }
    let (source, target) = (Elements(x.base), Elements(y.base))
    for (from, to) in zip(x.offsets, y.offsets) { target[to] += source[from] }
  }

  func apply(_ function: UnaryFunction, _ x: Tensor, into y: Tensor) {
    for i in 0..<y.count { Elements(y)[i] = function.value(Elements(x)[i]) }
  }

  func apply(_ function: BinaryFunction, _ a: StridedView, _ b: StridedView, into y: Tensor) {
    for (i, (left, right)) in zip(a.offsets, b.offsets).enumerated() {
      Elements(y)[i] = function.value(Elements(a.base)[left], Elements(b.base)[right])
    }
  }

  func compare(_ comparison: Comparison, _ a: StridedView, _ b: StridedView, into y: Tensor) {
    for (i, (left, right)) in zip(a.offsets, b.offsets).enumerated() {
      let holds = comparison.holds(Elements(a.base)[left], Elements(b.base)[right])
      y.pointer(UInt8.self)[i] = holds ? 1 : 0
    }
  }

  func select(_ mask: Tensor, _ a: Tensor, _ b: Tensor, into y: Tensor) {
    for (i, flag) in mask.flagList.enumerated() {
      let chosen = flag != 0 ? a : b
      Elements(y)[i] = Elements(chosen)[chosen.count == 1 ? 0 : i]
    }
  }

  func reduce(_ reduction: Reduction, _ x: Tensor, _ axes: AxisSplit, into y: Accumulation) {
    for outer in 0..<axes.outer {
      for inner in 0..<axes.inner {
        let place = outer * axes.inner + inner
        let values = (0..<axes.length).map { Elements(x)[(outer * axes.length + $0) * axes.inner + inner] }
        let before = y.beta == 0 ? 0 : y.beta * Elements(y.tensor)[place]
        Elements(y.tensor)[place] = before + reduction.value(values)
      }
    }
  }
}

extension UnaryFunction {
  fileprivate func value(_ x: Double) -> Double {
    switch self {
    case .exp: exponential(x)
    case .log: logarithm(x)
    case .sqrt: x.squareRoot()
    case .abs: x.magnitude
    case .sign: x > 0 ? 1 : x < 0 ? -1 : 0
    case .power(let exponent): pow(x, exponent)
    }
  }
}

extension BinaryFunction {
  fileprivate func value(_ a: Double, _ b: Double) -> Double {
    switch self {
    case .add: a + b
    case .subtract: a - b
    case .multiply: a * b
    case .divide: a / b
    case .larger: a > b || a.isNaN ? a : b
    case .smaller: a < b || a.isNaN ? a : b
    }
  }
}

extension Comparison {
  fileprivate func holds(_ a: Double, _ b: Double) -> Bool {
    switch self {
    case .less: a < b
    case .lessOrEqual: a <= b
    case .equal: a == b
    }
  }
}

extension Reduction {
  fileprivate func value(_ values: [Double]) -> Double {
    switch self {
    case .sum: values.reduce(0, +)
    case .largest: values.dropFirst().reduce(values[0]) { BinaryFunction.larger.value($0, $1) }
    case .smallest: values.dropFirst().reduce(values[0]) { BinaryFunction.smaller.value($0, $1) }
    }
  }
}

// libm's; the cases hide the names.
private func exponential(_ x: Double) -> Double { exp(x) }
private func logarithm(_ x: Double) -> Double { log(x) }
