#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Every operation as its formula says it, in `Double`, one element at a time. Slow on purpose: the oracle.
struct ReferenceBackend: Backend {
  func allocate(_ byteCount: Int) -> UnsafeMutableRawPointer {
    UnsafeMutableRawPointer.allocate(byteCount: byteCount, alignment: 64)
  }

  func release(_ memory: UnsafeMutableRawPointer) { memory.deallocate() }

  func upload(_ bytes: UnsafeRawBufferPointer, to y: Tensor) {
    precondition(bytes.count == y.count * y.dtype.size, "upload: \(bytes.count) bytes into \(y)")
    if bytes.count > 0 {
      y.pointer(UInt8.self).withMemoryRebound(to: UInt8.self, capacity: bytes.count) {
        UnsafeMutableRawPointer($0).copyMemory(from: bytes.baseAddress!, byteCount: bytes.count)
      }
    }
  }

  func download(_ x: Tensor, into bytes: UnsafeMutableRawBufferPointer) {
    if bytes.count > 0 {
      bytes.copyMemory(from: UnsafeRawBufferPointer(start: x.pointer(UInt8.self), count: bytes.count))
    }
  }

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

  func scale(_ x: Tensor, by factor: Tensor, _ alpha: Double, into y: Tensor) {
    combine(alpha * Elements(factor)[0], x, 0, into: y)
  }

  func dropout(_ x: Tensor, _ dropout: Dropout, into y: Tensor) {
    for i in 0..<y.count { Elements(y)[i] = Elements(x)[i] * dropout.factor(at: i) }
  }

  func activate(_ activation: Activation, _ x: Tensor, into y: Tensor) {
    for i in 0..<y.count { Elements(y)[i] = activation.value(Elements(x)[i]) }
  }

  func uniform(_ key: RandomKey, into y: Tensor) {
    for i in 0..<y.count { Elements(y)[i] = Double(key.uniform(at: i)) }
  }

  func sumOfSquares(_ x: Tensor) -> Double { (0..<x.count).reduce(0) { $0 + Elements(x)[$1] * Elements(x)[$1] } }
  func allFinite(_ x: Tensor) -> Bool { (0..<x.count).allSatisfy { Elements(x)[$0].isFinite } }
}

extension Dropout {
  /// What element `position` is multiplied by. The threshold is the kernels': rate · 2³² in single precision.
  func factor(at position: Int) -> Double {
    let threshold = UInt32(min(4_294_967_040, Double(rate) * 4_294_967_296))
    return key.bits32(at: position) >= threshold ? 1 / (1 - Double(rate)) : 0
  }
}

extension DropPath {
  /// What every row of a sample is multiplied by.
  func factor(ofSample sample: Int) -> Double {
    key.uniform(at: firstSample + sample) >= rate ? 1 / (1 - Double(rate)) : 0
  }

  /// The factor of every row.
  func factors() -> [Double] {
    let ends = samples.offsets.indexList
    return (0..<samples.count).flatMap { sample in
      Array(repeating: factor(ofSample: sample), count: ends[sample + 1] - ends[sample])
    }
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
