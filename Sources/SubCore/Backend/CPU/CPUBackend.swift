internal import CSubKernels

/// oneDNN's GEMM and the C kernels, f32, and bf16 for activations. Threads, memory and run-time dispatch are CSubKernels'.
struct CPUBackend: HostBackend {
  func allocate(_ byteCount: Int) -> UnsafeMutableRawPointer {
    guard let memory = sk_allocate(byteCount) else { sk_end_without_memory(byteCount) }
    return memory
  }

  func release(_ memory: UnsafeMutableRawPointer) { sk_free(memory) }

  func fill(_ y: Tensor, with value: Double) {
    switch y.dtype {
    case .f32: sk_fill(Int64(y.count), Float(value), y.floatPointer)
    case .bf16: y.pointer(UInt16.self).update(repeating: Float(value).brainBits, count: y.count)
    case .u8: y.pointer(UInt8.self).update(repeating: UInt8(value), count: y.count)
    case .i32: y.pointer(Int32.self).update(repeating: Int32(value), count: y.count)
    default: preconditionFailure("cpu: \(y.dtype) is a storage type, not one to compute with")
    }
  }

  func combine(_ alpha: Double, _ x: Tensor, _ beta: Double, into y: Tensor) {
    let n = Int64(y.count)
    guard x.dtype == .f32 && y.dtype == .f32 else {
      return sk_blend(
        n, Float(alpha), x.kernelType, UnsafeRawPointer(x.rawPointer), Float(beta), y.kernelType, y.rawPointer)
    }
    switch (alpha, beta) {
    case (1, 0): sk_copy(n, x.floatPointer, y.floatPointer)
    case (_, 0): sk_scale(n, Float(alpha), x.floatPointer, y.floatPointer)
    case (1, 1): sk_add(n, x.floatPointer, y.floatPointer, y.floatPointer)
    default: sk_axpby(n, Float(alpha), x.floatPointer, Float(beta), y.floatPointer)
    }
  }

  func convert(_ x: Tensor, into y: Tensor) {
    let types: [DType] = [.f32, .bf16]
    guard types.contains(x.dtype) && types.contains(y.dtype) else { return convertElements(x, into: y) }
    combine(1, x, 0, into: y)
  }

  func scale(_ x: Tensor, by factor: Tensor, _ alpha: Double, into y: Tensor) {
    let factor = factor.dtype == .f64 ? Float(factor.scalarPointer[0]) : factor.floatPointer[0]
    sk_scale(Int64(y.count), Float(alpha) * factor, x.floatPointer, y.floatPointer)
  }

  func dropout(_ x: Tensor, _ dropout: Dropout, into y: Tensor) {
    sk_dropout(
      Int64(y.count), dropout.rate, dropout.key.bits, Int64(dropout.firstRow * y.shape.columns), x.kernelType(as: y),
      x.rawPointer, y.rawPointer)
  }

  func activate(_ activation: Activation, _ x: Tensor, into y: Tensor) {
    sk_activation_forward(Int64(y.count), Int32(activation.rawValue), x.kernelType(as: y), x.rawPointer, y.rawPointer)
  }

  func slope(_ activation: Activation, saved: Tensor, into y: Tensor) {
    fill(y, with: 1)
    activationBackward(activation, saved: saved, y, into: y, columnSum: nil)
  }

  func uniform(_ key: RandomKey, into y: Tensor) { sk_uniform(Int64(y.count), key.bits, y.floatPointer) }

  func sumOfSquares(_ parts: [Tensor], into sum: Tensor) {
    sum.scalarPointer[0] = parts.reduce(0) { $0 + sk_sum_of_squares(Int64($1.count), $1.floatPointer) }
  }
}

extension DeviceKind {
  static let cpu = DeviceKind(name: "cpu") { _ in CPUBackend() }
}

extension Tensor {
  /// f32 memory; any other type here is a bug.
  var floatPointer: UnsafeMutablePointer<Float> {
    precondition(dtype == .f32, "cpu: \(dtype) where f32 is computed")
    return pointer(Float.self)
  }

  /// f32 or bf16 memory, for kernels that are told which.
  var rawPointer: UnsafeMutableRawPointer {
    precondition(dtype == .f32 || dtype == .bf16, "cpu: \(dtype) where activations are read")
    return UnsafeMutableRawPointer(pointer(UInt8.self))
  }

  /// The kernels' number of the type.
  var kernelType: Int32 { Int32((dtype == .bf16 ? SK_BF16 : SK_F32).rawValue) }

  /// The same, of operands whose type is one.
  func kernelType(as other: Tensor) -> Int32 {
    precondition(dtype == other.dtype, "cpu: \(dtype) and \(other.dtype) where one type is computed")
    return kernelType
  }

  var indexPointer: UnsafeMutablePointer<Int32> {
    precondition(dtype == .i32, "cpu: \(dtype) where i32 indices are read")
    return pointer(Int32.self)
  }

  var flagPointer: UnsafeMutablePointer<UInt8> {
    precondition(dtype == .u8, "cpu: \(dtype) where u8 flags are read")
    return pointer(UInt8.self)
  }
}

extension Matrix {
  var rawPointer: UnsafeMutableRawPointer { tensor.rawPointer + start * tensor.dtype.size }
  var floatPointer: UnsafeMutablePointer<Float> { tensor.floatPointer + start }
}
