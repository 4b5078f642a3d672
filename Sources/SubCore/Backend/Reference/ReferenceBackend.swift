#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Every primitive as its formula says it, in `Double`, one element at a time, and the defaults made of them. Slow on
/// purpose: the oracle.
struct ReferenceBackend: HostBackend {
  func allocate(_ byteCount: Int) -> UnsafeMutableRawPointer {
    UnsafeMutableRawPointer.allocate(byteCount: byteCount, alignment: 64)
  }

  func release(_ memory: UnsafeMutableRawPointer) { memory.deallocate() }

  func fill(_ y: Tensor, with value: Double) {
    switch y.dtype {
    case .u8: for i in 0..<y.count { y.pointer(UInt8.self)[i] = UInt8(value) }
    case .i32: for i in 0..<y.count { y.pointer(Int32.self)[i] = Int32(value) }
    default: for i in 0..<y.count { Elements(y)[i] = value }
    }
  }

  func combine(_ alpha: Double, _ x: Tensor, _ beta: Double, into y: Tensor) {
    let (x, out) = (Elements(x), Elements(y))
    for i in 0..<y.count { out[i] = alpha * x[i] + (beta == 0 ? 0 : beta * out[i]) }
  }

  func dropout(_ x: Tensor, _ dropout: Dropout, into y: Tensor) {
    let first = dropout.firstRow * y.shape.columns
    for i in 0..<y.count { Elements(y)[i] = Elements(x)[i] * dropout.factor(at: first + i) }
  }

  func activate(_ activation: Activation, _ x: Tensor, into y: Tensor) {
    for i in 0..<y.count { Elements(y)[i] = activation.value(Elements(x)[i]) }
  }

  func slope(_ activation: Activation, saved: Tensor, into y: Tensor) {
    for i in 0..<y.count { Elements(y)[i] = activation.derivative(saved: Elements(saved)[i]) }
  }

  func uniform(_ key: RandomKey, into y: Tensor) {
    for i in 0..<y.count { Elements(y)[i] = Double(key.uniform(at: i)) }
  }

  func sumOfSquares(_ parts: [Tensor], into sum: Tensor) {
    sum.scalarPointer[0] = parts.reduce(0) { sum, x in
      sum + (0..<x.count).reduce(0) { $0 + Elements(x)[$1] * Elements(x)[$1] }
    }
  }
}

extension DeviceKind {
  static let reference = DeviceKind(name: "reference") { _ in ReferenceBackend() }
}

extension Dropout {
  /// What element `position` is multiplied by.
  func factor(at position: Int) -> Double {
    key.bits32(at: position) >= threshold ? 1 / (1 - Double(rate)) : 0
  }
}

extension Activation {
  func value(_ x: Double) -> Double {
    switch self {
    case .identity: x
    case .gelu: 0.5 * x * (1 + erf(x / 2.0.squareRoot()))
    case .geluTanh: 0.5 * x * (1 + Activation.inner(x).tanh)
    case .quickGelu: x / (1 + exp(-1.702 * x))
    case .tanh: hyperbolicTangent(x)
    case .relu: max(0, x)
    case .sigmoid: 1 / (1 + exp(-x))
    }
  }

  /// The derivative from what the forward pass saved: the input, or the output where `savesOutput`.
  func derivative(saved x: Double) -> Double {
    switch self {
    case .identity: return 1
    case .gelu: return 0.5 * (1 + erf(x / 2.0.squareRoot())) + x * exp(-x * x / 2) / (2 * Double.pi).squareRoot()
    case .geluTanh:
      let (t, slope) = Activation.inner(x)
      return 0.5 * (1 + t) + 0.5 * x * (1 - t * t) * slope
    case .quickGelu:
      let s = 1 / (1 + exp(-1.702 * x))
      return s * (1 + 1.702 * x * (1 - s))
    case .tanh: return 1 - x * x
    case .relu: return x > 0 ? 1 : 0
    case .sigmoid: return x * (1 - x)
    }
  }

  /// tanh(√(2/π) (x + 0.044715 x³)) and the slope of its argument.
  private static func inner(_ x: Double) -> (tanh: Double, slope: Double) {
    let c = (2 / Double.pi).squareRoot()
    return (hyperbolicTangent(c * (x + 0.044715 * x * x * x)), c * (1 + 3 * 0.044715 * x * x))
  }
}

/// libm's tanh; the case `Activation.tanh` hides the name.
private func hyperbolicTangent(_ x: Double) -> Double { tanh(x) }
